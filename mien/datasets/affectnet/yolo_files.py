"""The text files of the format of YOLO: data.yaml with the names of the classes, and a label file for each picture."""

from typing import NamedTuple

import yaml

from mien.datasets.affectnet.values import INTEGER, NUMBER
from mien.datasets.batch import excerpt
from mien.errors import DataError
from mien.images import Box, ImageError
from mien.labels import AFFECTNET, NAMES
from mien.reasons import Reason

MAX_BYTES = 1 << 16
FIELDS = ("class", "x of the middle", "y of the middle", "width", "height")


class Mark(NamedTuple):
    """One line of a label file: a face's number of class, and middle and size of its box as shares of the picture."""

    number: int
    x: float
    y: float
    width: float
    height: float

    def box(self, width: int, height: int) -> Box:
        """In pixels of a picture of that size."""
        left, top = (self.x - self.width / 2) * width, (self.y - self.height / 2) * height
        return round(left), round(top), round(self.width * width), round(self.height * height)


def class_codes(data: bytes, source: str) -> dict[int, int]:
    """AffectNet's code for each of YOLO's numbers, by the names in `data.yaml`; numbers go by the alphabet there.

    Raises:
        DataError: no names, or one that AffectNet does not have.
    """
    try:
        found = _plain_yaml(data)
    except (ValueError, yaml.YAMLError, RecursionError) as error:  # ValueError: a date or number that cannot be
        raise DataError(f"{source}: no YAML ({error})") from error
    names = found.get("names") if isinstance(found, dict) else None
    numbered = dict(enumerate(names)) if isinstance(names, list) else names
    if not isinstance(numbered, dict) or not numbered or not all(isinstance(number, int) for number in numbered):
        raise DataError(f"{source}: no list `names`, and the numbers of the classes mean nothing without it")
    codes = {label: code for code, label in AFFECTNET.codes.items()}
    labels = {number: str(name).strip().casefold() for number, name in numbered.items()}
    foreign = [
        excerpt(name.encode("utf-8", "replace")) for name in labels.values() if NAMES.get(name, name) not in codes
    ]
    if foreign:
        raise DataError(f"{source}: names {', '.join(foreign[:10])}, which are no expressions of AffectNet")
    return {number: codes[NAMES.get(name, name)] for number, name in labels.items()}


def _plain_yaml(data: bytes) -> object:
    """A document without references, of which a few lines can stand for gigabytes."""
    references = (token.value for token in yaml.scan(data) if isinstance(token, yaml.AliasToken))
    if (first := next(references, None)) is not None:
        raise yaml.YAMLError(f"references (*{first}) are not followed; write out what they stand for")
    return yaml.safe_load(data)


def parse_mark(line: bytes) -> Mark:
    """Read one line of a label file.

    Raises:
        ImageError: with the reason for which the face is refused.
    """
    fields = line.split()
    if len(fields) != len(FIELDS):
        raise ImageError(Reason.BAD_ROW, f"{len(fields)} numbers; must be {len(FIELDS)}: {', '.join(FIELDS)}")
    if INTEGER.fullmatch(fields[0]) is None:
        raise ImageError(Reason.BAD_ROW, f"class is '{excerpt(fields[0])}', not an integer")
    shares = [_share(text, name) for text, name in zip(fields[1:], FIELDS[1:], strict=True)]
    return Mark(int(fields[0]), *shares)


def _share(text: bytes, name: str) -> float:
    if NUMBER.fullmatch(text) is None or not 0.0 <= float(text) <= 1.0:
        raise ImageError(Reason.BAD_ROW, f"{name} is '{excerpt(text)}'; must be a share of the picture, 0..1")
    return float(text)
