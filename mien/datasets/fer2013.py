"""Reader of FER2013's CSV files: `fer2013.csv`, `icml_face_data.csv`, `train.csv`, `test.csv`, plain or packed.

Columns may stand in any order; `emotion` is 0..6, `pixels` 2,304 integers 0..255, `Usage` the official split. A row
that does not fit is refused with its line and a reason; it never stops the reader.
"""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mien import images
from mien.datasets import compressed, pixels
from mien.datasets.batch import Batch, Refusal, Row, excerpt
from mien.datasets.lines import MAX_LINE, blocks, cells
from mien.datasets.reader import Shard, shard_rows
from mien.errors import DataError
from mien.labels import FER2013, USAGES
from mien.params.preparation import Preparation
from mien.reasons import Reason

BOM = b"\xef\xbb\xbf"
KNOWN = ("emotion", "pixels", "usage")


@dataclass(frozen=True)
class Header:
    """Where the columns stand; None where the file has no such column."""

    names: tuple[str, ...]
    pixels: int
    emotion: int | None
    usage: int | None

    @property
    def remarks(self) -> list[str]:
        """What a person should know of the columns."""
        ignored = [name or "(no name)" for name in self.names if name not in KNOWN]
        remarks = [f"unknown columns ignored: {', '.join(ignored[:10])}"] if ignored else []
        return remarks + ([f"no column Usage: every row is {self.default_usage}"] if self.usage is None else [])

    @property
    def default_usage(self) -> str:
        """Usage of every row of a file without that column: Training, or PrivateTest where there are no labels.

        Kaggle's test.csv is PublicTest and PrivateTest together. A row to be judged must not be chosen by, so
        without a word on which is which all of them count as PrivateTest.
        """
        return "PrivateTest" if self.emotion is None else "Training"


class Judged(NamedTuple):
    """A row whose pixels have not been looked at yet; `code` is -1 in a file without labels."""

    number: int
    row: int
    line: bytes
    pixels: bytes
    code: int
    usage: str


def column_names(line: bytes) -> tuple[str, ...]:
    """Names of a header line, stripped and in lower case; empty when it is no text or no CSV."""
    try:
        return tuple(name.decode("utf-8").strip().lower() for name in cells(line.removeprefix(BOM)))
    except (UnicodeDecodeError, csv.Error):
        return ()


def parse_header(line: bytes, source: str) -> Header:
    """Find the columns in the first line of `source`.

    Raises:
        DataError: no column `pixels`, or a column twice.
    """
    names = column_names(line)
    twice = sorted({name for name in KNOWN if names.count(name) > 1})
    if "pixels" not in names or twice:
        fault = f"column {twice[0]!r} stands twice" if twice else "no column `pixels`"
        raise DataError(f"{source}:1: {fault}. Needed: emotion,pixels,Usage. Received: {excerpt(line)}")
    position = {name: names.index(name) for name in KNOWN if name in names}
    return Header(names, position["pixels"], position.get("emotion"), position.get("usage"))


def open_csv(root: Path, name: str, settings: Preparation, unlabeled: bool = False) -> "CsvReader":
    """The reader of a FER2013 file, packed or not.

    Args:
        root: the data folder.
        name: of the file below it.
        settings: size and colour of the faces that come out.
        unlabeled: accept a file without the column `emotion`; codes are then -1 and labels "".

    Raises:
        DataError: no header, no labels, or an archive that cannot be read.
    """
    with compressed.plain(root / name) as stream:
        first = next(blocks(stream), None)
    if first is None:
        raise DataError(f"{name}: empty; download it again")
    columns = parse_header(first.lines[0], name)
    if columns.emotion is None and not unlabeled:
        raise DataError(
            f"{name}: no column `emotion`, so no labels (Kaggle's test.csv?). Bring fer2013.csv, or set "
            "ingest.unlabeled: true in params.yaml; its rows then count as PrivateTest"
        )
    return CsvReader(root, name, columns, settings)


@dataclass(frozen=True)
class CsvReader:
    """Reads a FER2013 file in bounded memory; `sample_id` is the zero-padded 0-based row, refused rows counted."""

    root: Path = field(repr=False)
    source: str
    columns: Header
    settings: Preparation

    @property
    def total(self) -> int | None:
        """Lines of a file that is not packed; one too many, of which the time that is left knows nothing."""
        with (self.root / self.source).open("rb") as raw:
            if raw.read(4).startswith((compressed.GZIP, compressed.ZIP)):
                return None
            raw.seek(0)
            return sum(chunk.count(b"\n") for chunk in iter(partial(raw.read, 1 << 20), b""))

    @property
    def sources(self) -> tuple[str, ...]:
        """The file."""
        return (self.source,)

    def remarks(self) -> list[str]:
        """What the header says."""
        return self.columns.remarks

    def shards(self) -> Iterator[Shard]:
        """Blocks of lines with their numbers and the 0-based row of the first of them; the header is in none.

        Raises:
            DataError: an archive that is damaged or too large; also half-way.
        """
        row, head = 0, 1
        with compressed.plain(self.root / self.source) as stream:
            for block in blocks(stream, shard_rows(self.settings)):
                numbers, lines = tuple(block.numbers[head:]), tuple(block.lines[head:])
                head = 0
                if lines:
                    name = f"{self.source}:{numbers[0]}-{numbers[-1]}"
                    yield Shard(name, len(lines), (row, numbers, lines, block.cut), (row, numbers))
                row += len(lines)

    def pictures(self, shard: Shard) -> Sequence[str]:  # noqa: ARG002  as every reader has it
        """The file, which holds the pixels."""
        return (self.source,)

    def read(self, shard: Shard) -> Batch:
        """Parse the lines of a shard."""
        first, numbers, lines, cut = shard.work
        judged: list[Judged] = []
        refusals: list[Refusal] = []
        for at, (number, line) in enumerate(zip(numbers, lines, strict=True)):
            try:
                judged.append(self._judge(number, first + at, line))
            except _BadRowError as bad:
                refusals.append(self._refusal(number, bad.reason, bad.detail, line))
        faces, faults = pixels.parse([row.pixels for row in judged])
        refusals += [
            self._refusal(judged[at].number, Reason.BAD_ROW, why, judged[at].line) for at, why in faults.items()
        ]
        good = [row for at, row in enumerate(judged) if at not in faults]
        rows = [self._row(row, face) for row, face in zip(good, faces, strict=True)]
        return self._batch(cut and numbers[-1], faces, rows, sorted(refusals, key=lambda refusal: refusal.line))

    def _batch(self, last_line: int, faces: np.ndarray, rows: list[Row], refusals: list[Refusal]) -> Batch:
        """`last_line` is that of a line without an end, 0 where there is none."""
        faces = self._prepared(faces)
        if not (last_line and refusals and refusals[-1].line == last_line):
            return Batch(faces, rows, refusals)
        last = refusals[-1]
        refusals[-1] = last._replace(detail=f"the file ends in the middle of this row ({last.detail})")
        return Batch(faces, rows, refusals, f"{last.where}: truncated, {refusals[-1].detail}. Download the file again")

    def _prepared(self, faces: np.ndarray) -> np.ndarray:
        faces = images.resize_all(faces, self.settings.image_size)
        return faces if self.settings.color == "gray" else np.repeat(faces[..., None], 3, axis=-1)

    def _judge(self, number: int, row: int, line: bytes) -> Judged:
        """Everything but the pixels."""
        if len(line) > MAX_LINE:
            raise _BadRowError(f"line longer than {MAX_LINE:,} bytes")
        try:
            fields = cells(line)
        except csv.Error as error:
            raise _BadRowError(f"quotes that do not match ({error})") from error
        columns = self.columns
        if len(fields) != len(columns.names):
            raise _BadRowError(f"{len(fields)} fields; the header has {len(columns.names)}")
        code = -1 if columns.emotion is None else _code(fields[columns.emotion])
        usage = columns.default_usage if columns.usage is None else _usage(fields[columns.usage])
        return Judged(number, row, line, fields[columns.pixels], code, usage)

    def _refusal(self, number: int, reason: Reason, detail: str, line: bytes) -> Refusal:
        return Refusal(self.source, number, reason, detail, excerpt(line))

    def _row(self, row: Judged, face: np.ndarray) -> Row:
        label = FER2013.label(row.code) if row.code >= 0 else ""
        digest = hashlib.sha256(face.data).hexdigest()
        height, width = face.shape
        name = f"{row.row:08d}"
        return Row(name, self.source, row.number, row.usage, FER2013.name, row.code, label, digest, width, height)


class _BadRowError(Exception):
    """A row that is refused."""

    def __init__(self, detail: str, reason: Reason = Reason.BAD_ROW) -> None:
        super().__init__(detail)
        self.detail, self.reason = detail, reason


def _code(field: bytes) -> int:
    if not field:
        raise _BadRowError("emotion is empty", Reason.UNLABELED)
    if pixels.INTEGER.fullmatch(field) is None:
        raise _BadRowError(f"emotion is '{excerpt(field)}', not an integer")
    if len(field) > 3 or int(field) not in FER2013.codes:
        detail = f"emotion is {excerpt(field)}; must be 0..{len(FER2013.codes) - 1}"
        raise _BadRowError(detail, Reason.LABEL_OUT_OF_RANGE)
    return int(field)


def _usage(field: bytes) -> str:
    usage = field.decode("utf-8", "replace")
    if usage not in USAGES:
        raise _BadRowError(f"Usage is '{excerpt(field)}'; must be one of {', '.join(USAGES)}")
    return usage
