"""What every reader yields: batches of faces, each with the rows that it refused."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mien.reasons import Reason

EXCERPT = 80
"""Characters of a refused row that are kept."""


class Row(NamedTuple):
    """One accepted face: the columns of faces.parquet (`mien.datasets.table`) but for `face`."""

    sample_id: str
    source: str
    line: int
    usage: str
    label_space: str
    code: int
    label: str
    sha256: str
    width: int
    height: int


class Refusal(NamedTuple):
    """One refused row: the columns of refused.parquet."""

    source: str
    line: int
    reason: Reason
    detail: str
    received: str

    @property
    def where(self) -> str:
        """`file:line`, or the file alone where it is one face."""
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True)
class Batch:
    """Faces in the order of the source.

    `images` is (len(rows), size, size) uint8. `fault` is what makes the whole source unfit for use although it could
    be read so far (a file cut off in the middle); empty when there is nothing of the kind. `colour` of the faces came
    in colour and were made gray.
    """

    images: np.ndarray
    rows: list[Row]
    refusals: list[Refusal] = field(default_factory=list)
    fault: str = ""
    colour: int = 0


def excerpt(data: bytes) -> str:
    """The start of what was read, printable, for a message or for refused.parquet."""
    text = data[:EXCERPT].decode("utf-8", "replace")
    shown = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    return shown + ("..." if len(data) > EXCERPT else "")
