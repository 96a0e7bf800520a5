"""The values of AffectNet's annotations as they stand in its files: code, valence and arousal, box, landmarks.

Each function takes the text of one value and raises `ImageError` with the reason for which the row is refused.
"""

import math
import re
from collections.abc import Sequence

import numpy as np

from mien.datasets.batch import excerpt
from mien.images import LANDMARKS, Box, ImageError
from mien.labels import AFFECTNET
from mien.reasons import Reason

NO_VALUE = -2.0
"""Written for the valence and arousal of uncertain faces and of pictures without a face."""

ABSENT = frozenset({b"", b"null", b"none", b"nan"})
"""Texts, in lower case, that say that there is no value."""

INTEGER = re.compile(rb"[+-]?[0-9]{1,9}")
NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
FARTHEST = 1e6
"""Pixels of a landmark from the picture's corner that are believed."""


def expression(text: bytes) -> int:
    """The code of an expression, 0..10."""
    if text.lower() in ABSENT:
        raise ImageError(Reason.UNLABELED, "expression is empty")
    if INTEGER.fullmatch(text) is None:
        raise ImageError(Reason.BAD_ROW, f"expression is '{excerpt(text)}', not an integer")
    return known(int(text))


def known(code: int) -> int:
    """`code`, if AffectNet has it."""
    if code not in AFFECTNET.codes:
        raise ImageError(Reason.LABEL_OUT_OF_RANGE, f"expression is {code}; must be 0..{max(AFFECTNET.codes)}")
    return code


def affect(text: bytes, name: str) -> float:
    """A valence or arousal in [-1, 1]; not a number where the file has none or says -2."""
    if text.lower() in ABSENT:
        return math.nan
    if NUMBER.fullmatch(text) is None:
        raise ImageError(Reason.BAD_ROW, f"{name} is '{excerpt(text)}', not a number")
    return in_range(float(text), name)


def in_range(value: float, name: str) -> float:
    """A valence or arousal that is a number already."""
    if value == NO_VALUE:
        return math.nan
    if not -1.0 <= value <= 1.0:
        raise ImageError(Reason.BAD_ROW, f"{name} is {value:g}; must be -1..1, or -2 for none")
    return value


def box(texts: Sequence[bytes]) -> Box | None:
    """x, y, width and height in pixels, whatever they are; None where the file has none of the four."""
    if all(text.lower() in ABSENT for text in texts):
        return None
    names = ("face_x", "face_y", "face_width", "face_height")
    for name, text in zip(names, texts, strict=True):
        if INTEGER.fullmatch(text) is None:
            raise ImageError(Reason.BAD_ROW, f"{name} is '{excerpt(text)}', not an integer")
    x, y, width, height = (int(text) for text in texts)
    return x, y, width, height


def landmarks(text: bytes) -> np.ndarray | None:
    """The 68 landmarks, float32 (68, 2), from 136 numbers x;y;x;y...; None where there are none."""
    if text.lower() in ABSENT:
        return None
    try:
        numbers = [float(number) for number in text.split(b";")]
    except ValueError as error:
        raise ImageError(Reason.BAD_ROW, f"facial_landmarks: {error}") from error
    return points(numbers)


def points(numbers: Sequence[float] | np.ndarray) -> np.ndarray:
    """Landmarks from 136 numbers, float32 (68, 2)."""
    found = np.asarray(numbers, np.float64).ravel()
    if found.size != 2 * LANDMARKS:
        raise ImageError(Reason.BAD_ROW, f"{found.size} numbers of landmarks; must be {2 * LANDMARKS}")
    if not (np.abs(found) <= FARTHEST).all():
        raise ImageError(Reason.BAD_ROW, f"a landmark is further than {FARTHEST:,.0f} pixels away, or no number")
    return found.astype(np.float32).reshape(LANDMARKS, 2)
