"""The labels that networks which had not seen the face hardly believed, for the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

HARDLY = 0.05
"""Probability of the given label below which it is told of."""

SHOWN = 10


@dataclass(frozen=True)
class Doubted:
    """`count` faces of one given label that were taken for another one, `dropped` of them left out."""

    label: str
    suggested: str
    count: int
    dropped: int


def doubted(path: Path) -> Sequence[Doubted]:
    """The most frequent pairs of build/clean/doubtful.parquet; none where labels were not judged."""
    if not path.is_file():
        return []
    table = pd.read_parquet(path)
    table = table[table["score"] < HARDLY]
    pairs = table.groupby(["label", "suggested"])["dropped"].agg(["size", "sum"]).reset_index()
    rows = pairs.sort_values(["size", "label", "suggested"], ascending=[False, True, True]).head(SHOWN)
    return [Doubted(label, suggested, int(size), int(gone)) for label, suggested, size, gone in rows.to_numpy()]
