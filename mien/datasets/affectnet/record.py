"""Lines of the original distribution: training.csv, validation.csv and automatically_annotated.csv.

Nine columns between commas, without quotes. The first release's validation.csv has no header line, all other files
have one, so a first line is a header if its first column says so and never for its place.
"""

import re
from typing import NamedTuple

import numpy as np

from mien.datasets.affectnet import values
from mien.datasets.batch import excerpt
from mien.datasets.lines import MAX_LINE
from mien.errors import DataError
from mien.images import Box, ImageError
from mien.reasons import Reason

COLUMNS = (
    "subdirectory_filepath",
    "face_x",
    "face_y",
    "face_width",
    "face_height",
    "facial_landmarks",
    "expression",
    "valence",
    "arousal",
)
"""In lower case and in the order of the files."""

PATH = re.compile(rb"[0-9]{1,4}/[0-9a-f]{56}\.[A-Za-z]{3,4}")
"""A numbered folder and 56 hexadecimal digits; nothing else is ever joined to a folder."""

BOM = b"\xef\xbb\xbf"


class Record(NamedTuple):
    """One row; `path` is as in the file, `landmarks` float32 (68, 2)."""

    path: str
    box: Box | None
    landmarks: np.ndarray | None
    code: int
    valence: float
    arousal: float


def names(line: bytes) -> tuple[str, ...]:
    """The fields of a line as names of columns: stripped, in lower case."""
    return tuple(field.decode("utf-8", "replace").strip().lower() for field in line.removeprefix(BOM).split(b","))


def is_header(line: bytes) -> bool:
    """Whether a line names the columns."""
    return names(line)[0] == COLUMNS[0]


def is_record(line: bytes) -> bool:
    """Whether a line looks like a row: as many fields, the first a path as AffectNet writes it."""
    fields = line.removeprefix(BOM).split(b",")
    return len(fields) == len(COLUMNS) and PATH.fullmatch(fields[0].strip()) is not None


def path_of(line: bytes) -> str:
    """The picture that a line lists; "" where it names none as AffectNet does."""
    path = line.removeprefix(BOM).split(b",", 1)[0].strip()
    return path.decode("ascii") if PATH.fullmatch(path) else ""


def check_header(line: bytes, source: str) -> None:
    """Make sure that the columns stand as in AffectNet's files; `source` is file and line.

    Raises:
        DataError: they do not.
    """
    if names(line) != COLUMNS:
        raise DataError(f"{source}: the columns must be {', '.join(COLUMNS)}. Received: {excerpt(line)}")


def parse(line: bytes) -> Record:
    """Read one row.

    Raises:
        ImageError: with the reason for which the row is refused.
    """
    if len(line) > MAX_LINE:
        raise ImageError(Reason.BAD_ROW, f"line longer than {MAX_LINE:,} bytes")
    fields = [field.strip() for field in line.removeprefix(BOM).split(b",")]
    if len(fields) != len(COLUMNS):
        raise ImageError(Reason.BAD_ROW, f"{len(fields)} fields; must be {len(COLUMNS)}")
    if PATH.fullmatch(fields[0]) is None:
        raise ImageError(Reason.BAD_PATH, "must be a numbered folder, a slash and 56 hexadecimal digits with an ending")
    return Record(
        fields[0].decode("ascii"),
        values.box(fields[1:5]),
        values.landmarks(fields[5]),
        values.expression(fields[6]),
        values.affect(fields[7], "valence"),
        values.affect(fields[8], "arousal"),
    )
