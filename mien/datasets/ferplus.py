"""FER+ votes (microsoft/FERPlus, `fer2013new.csv`): ten taggers' opinions on each row of FER2013.

The file holds no pixels, and its `Image name` is not the row of FER2013 although its README says so, so votes are
joined by the position of the row alone, after everything that can be compared has been compared.
"""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from mien.datasets import compressed
from mien.datasets.batch import excerpt
from mien.datasets.fer2013 import column_names
from mien.datasets.lines import MAX_LINE, blocks, cells
from mien.errors import DataError
from mien.labels import FERPLUS_VOTES, NAMES, USAGES

TAGGERS = 10
MIN_AGREEMENT = 0.5
"""FER2013's label and FER+'s top vote agree in 62.8 % of the rows; shifted by one row, in 18 %."""

MAX_ROWS = 1_000_000
COLUMNS = ("usage", *(name.lower() for name in FERPLUS_VOTES))


def is_header(names: tuple[str, ...]) -> bool:
    """Whether lower-case column names are those of a file of votes."""
    return set(COLUMNS) <= set(names)


def read(path: Path, source: str) -> tuple[np.ndarray, list[str]]:
    """Read a file of votes.

    Returns:
        Votes (N, 10) uint8 in the order of `mien.labels.FERPLUS_VOTES`, and the Usage of each row.

    Raises:
        DataError: a row that does not fit; as rows are joined by position, none can be left out.
    """
    votes: list[list[int]] = []
    usages: list[str] = []
    positions: list[int] = []
    with compressed.plain(path) as stream:
        for block in blocks(stream):
            for number, line in zip(block.numbers, block.lines, strict=True):
                if not positions:
                    names = column_names(line)
                    positions = [names.index(name) for name in COLUMNS]
                    continue
                usage, row = _row(line, positions, f"{source}:{number}")
                usages.append(usage)
                votes.append(row)
            if len(votes) > MAX_ROWS:
                raise DataError(f"{source}: more than {MAX_ROWS:,} rows; FER+ has 35,887")
    return np.array(votes, np.uint8).reshape(-1, len(FERPLUS_VOTES)), usages


def _row(line: bytes, positions: list[int], where: str) -> tuple[str, list[int]]:
    """Usage and votes of one line."""
    try:
        fields = cells(line[:MAX_LINE])
        usage, *texts = (fields[position].decode() for position in positions)
        votes = [int(text) for text in texts]
    except (csv.Error, IndexError, ValueError) as error:
        raise DataError(f"{where}: no row of FER+ votes. Received: {excerpt(line)}") from error
    if usage not in USAGES or min(votes) < 0 or not 0 < sum(votes) <= TAGGERS:
        raise DataError(
            f"{where}: Usage must be one of {', '.join(USAGES)} and the votes at most {TAGGERS} together. "
            f"Received: {excerpt(line)}"
        )
    return usage, votes


def join(table: pd.DataFrame, rows: int, path: Path, source: str) -> tuple[pd.DataFrame, float]:
    """Add the columns `votes_<name>` to the faces of a FER2013 CSV.

    Args:
        table: faces as `mien.datasets.fer2013` reads them: `sample_id` is the row of the file.
        rows: rows of the FER2013 file, refused ones included.
        path: the file of votes.
        source: its name, for messages.

    Returns:
        The table with votes, and the share of faces whose label is FER+'s top vote.

    Raises:
        DataError: another number of rows, another Usage in some row, or too little agreement: the two files do not
            belong together.
    """
    votes, usages = read(path, source)
    if len(votes) != rows:
        raise DataError(
            f"{source}: {len(votes):,} rows of FER+ votes for {rows:,} rows of FER2013. They are joined by position, "
            "so both files must be whole and in Kaggle's order; bring the right pair or remove the votes"
        )
    positions = table["sample_id"].astype("int64").to_numpy()
    _same_usage(table, np.array(usages, dtype=object)[positions], source)
    joined = table.assign(**{f"votes_{name}": votes[positions, at] for at, name in enumerate(FERPLUS_VOTES)})
    share = agreement(joined)
    if not share >= MIN_AGREEMENT:
        raise DataError(
            f"{source}: the top vote agrees with FER2013's label in {share:.1%} of the rows; at least "
            f"{MIN_AGREEMENT:.0%} is needed (the genuine pair has 62.8 %). The rows are not in the same order"
        )
    return joined, share


def agreement(table: pd.DataFrame) -> float:
    """Share of the faces whose label is the top vote; 0.0 without faces. Of equal votes the first column counts."""
    votes = table[[f"votes_{name}" for name in FERPLUS_VOTES]].to_numpy()
    names = np.array([NAMES.get(name, name) for name in FERPLUS_VOTES], dtype=object)
    return float((names[votes.argmax(axis=1)] == table["label"].to_numpy(dtype=object)).mean()) if len(table) else 0.0


def _same_usage(table: pd.DataFrame, usages: np.ndarray, source: str) -> None:
    differs = np.flatnonzero(table["usage"].to_numpy(dtype=object) != usages)
    if differs.size:
        face = table.iloc[differs[0]]
        raise DataError(
            f"{source}: Usage differs in {differs.size:,} rows, first for {face['source']}:{face['line']}: "
            f"{face['usage']} there, {usages[differs[0]]} in the votes. The files do not belong together"
        )
