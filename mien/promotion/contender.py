"""A model that takes part: its answers to the rows and its speed, measured side by side with the other one's."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mien.calibration import temper
from mien.errors import DataError
from mien.evaluation import Rows
from mien.metrics import Array

if TYPE_CHECKING:
    from mien.predictor import Predictor

CALLS, WARM_UP = 50, 2
"""Calls for the median of the milliseconds, and calls before them."""


@dataclass(frozen=True)
class Contender:
    """A model, by a name for people, with its temperature and the size of its file."""

    name: str
    predictor: "Predictor"
    temperature: float
    megabytes: float


@dataclass(frozen=True)
class Judged:
    """A contender's answers to the rows, in the order of the split's classes, and what it costs to use."""

    rows: Rows
    ms_per_face: float
    megabytes: float


def judge_contenders(
    contenders: Sequence[Contender], table: pd.DataFrame, images: Array, classes: Sequence[str], batch_size: int
) -> list[Judged]:
    """Have every contender answer the same rows.

    Args:
        contenders: one or two.
        table: the rows, as in build/split/faces.parquet.
        images: all faces, uint8 (faces, H, W) or (faces, H, W, 3); `table.face` are positions in it.
        classes: names of the classes of the table.
        batch_size: faces in memory at a time.

    Raises:
        DataError: a contender has other classes, or takes other images.
    """
    for contender in contenders:
        _check(contender, images, classes)
    faces = table["face"].to_numpy()
    speeds = milliseconds_per_face([contender.predictor for contender in contenders], images[faces[:1]])
    judged = []
    for contender, speed in zip(contenders, speeds, strict=True):
        order = [contender.predictor.classes.index(name) for name in classes]
        raw = contender.predictor.predict(images, batch_size, faces)[:, order]
        rows = Rows(table, raw, temper(raw, contender.temperature))
        judged.append(Judged(rows, speed, contender.megabytes))
    return judged


def _check(contender: Contender, images: Array, classes: Sequence[str]) -> None:
    known = contender.predictor.classes
    if set(known) != set(classes):
        raise DataError(
            f"{contender.name} knows the classes {', '.join(sorted(known))}; today's split has "
            f"{', '.join(sorted(classes))}. Models with other classes cannot be compared; "
            "without alias 'champion' the absolute gates decide."
        )
    height, width, channels = contender.predictor.facts.shape
    if (*images.shape[1:], 1)[:3] != (height, width, channels):
        raise DataError(
            f"{contender.name} takes faces of {height} x {width} x {channels}; today's are "
            f"{' x '.join(map(str, images.shape[1:]))}. Models that see other images cannot be compared; "
            "without alias 'champion' the absolute gates decide."
        )


def milliseconds_per_face(predictors: "Sequence[Predictor]", faces: Array, calls: int = CALLS) -> list[float]:
    """Median milliseconds for a face, of calls with all of `faces` at once, for each predictor.

    They take turns, so that whatever else the machine does meets all of them alike.

    Args:
        predictors: models that take the faces.
        faces: uint8 (N, H, W) or (N, H, W, 3), not more than a predictor's batch.
        calls: for the median; a few more before them warm up.
    """
    seconds = np.empty((calls + WARM_UP, len(predictors)))
    for turn in seconds:
        for place, predictor in enumerate(predictors):
            started = time.perf_counter()
            predictor.predict(faces)
            turn[place] = time.perf_counter() - started
    medians: list[float] = (np.median(seconds[WARM_UP:], axis=0) * 1000 / len(faces)).tolist()
    return medians
