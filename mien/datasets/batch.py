"""What every reader yields: batches of faces, each with the rows that it refused."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mien.reasons import Reason

EXCERPT = 80
"""Characters of a refused row that are kept."""


NONE = math.nan
"""Of a number that the source does not have."""


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
    valence: float = NONE
    arousal: float = NONE
    box_x: int = -1
    box_y: int = -1
    box_width: int = -1
    box_height: int = -1


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
    """What a shard became: faces in the order of `sample_id`, and the rows that were refused.

    `images` is uint8, (len(rows), size, size) gray or (len(rows), size, size, 3) RGB. `landmarks` is float32
    (len(rows), 68, 2), x then y in pixels of the source picture, NaN in rows that have none; None where no row has any.
    `fault` is what makes the whole source unfit for use although it could be read so far (a file cut off in the
    middle); empty when there is nothing of the kind. `colour` of the faces came in colour and were made gray.
    `file_bytes` are the bytes of the accepted pictures' files by Usage, where a file is one face.
    """

    images: np.ndarray
    rows: list[Row]
    refusals: list[Refusal] = field(default_factory=list)
    fault: str = ""
    colour: int = 0
    landmarks: np.ndarray | None = None
    file_bytes: Mapping[str, int] = field(default_factory=dict)


def excerpt(data: bytes) -> str:
    """The start of what was read, printable, for a message or for refused.parquet."""
    text = data[:EXCERPT].decode("utf-8", "replace")
    shown = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    return shown + ("..." if len(data) > EXCERPT else "")
