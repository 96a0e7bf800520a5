"""The JSON files of AffectNet+. Of what they infer about a person, age, gender and race, nothing is ever read."""

import json
import math
from typing import Any, NamedTuple

import numpy as np

from mien.datasets.affectnet import values
from mien.images import ImageError
from mien.reasons import Reason

MAX_BYTES = 1 << 18
"""Of an annotation; genuine ones have a few thousand."""


class Annotation(NamedTuple):
    """What is read of a face; `code` is -1 where no human has labelled it."""

    code: int
    valence: float
    arousal: float
    landmarks: np.ndarray | None


def parse(data: bytes) -> Annotation:
    """Read one file.

    Raises:
        ImageError: no JSON object, or a value that cannot be; with the reason for which the row is refused.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ImageError(Reason.BAD_ROW, f"no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ImageError(Reason.BAD_ROW, "the JSON is no object")
    meta = found.get("meta-data") or {}
    if not isinstance(meta, dict):
        raise ImageError(Reason.BAD_ROW, "meta-data is no object")
    return Annotation(
        _code(found.get("human-label")), _affect(meta, "valence"), _affect(meta, "arousal"), _points(meta)
    )


def _code(value: object) -> int:
    if value is None:
        return -1
    if isinstance(value, bool) or not isinstance(value, int):
        raise ImageError(Reason.BAD_ROW, f"human-label is {value!r:.40}, not an integer")
    return values.known(value)


def _affect(meta: dict[str, Any], name: str) -> float:
    value = meta.get(name)
    return math.nan if value is None else values.in_range(_number(value, name), name)


def _points(meta: dict[str, Any]) -> np.ndarray | None:
    found = meta.get("landmark-68")
    if not found:
        return None
    if not isinstance(found, list):
        raise ImageError(Reason.BAD_ROW, f"landmark-68 is {found!r:.40}, no list")
    flat = [number for item in found for number in (item if isinstance(item, list) else [item])]
    return values.points([_number(number, "a landmark") for number in flat])


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ImageError(Reason.BAD_ROW, f"{name} is {value!r:.40}, not a number")
    try:
        return float(value)
    except OverflowError as error:
        raise ImageError(Reason.BAD_ROW, f"{name} is too large a number") from error
