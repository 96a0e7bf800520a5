"""How long each model takes for a face."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.datasets.table import IMAGES
from tasks.stage import stage_folder

BATCH = 256
"""Faces in a batch, where there are so many."""

CALLS_ALONE, CALLS = 20, 3
"""Calls with one face and with a batch: the largest network takes a second for a batch, which varies little."""


@dataclass(frozen=True)
class Speed:
    """Milliseconds for one face alone and for one of `batch`, as `mien.comparison.Result` names them."""

    ms_per_face: float
    ms_per_face_in_batch: float
    batch: int


def milliseconds(models: Sequence[Path]) -> list[Speed]:
    """For each model the milliseconds of a face; measured side by side, here."""
    import numpy as np

    from mien.predictor import Predictor
    from mien.promotion import milliseconds_per_face
    from tasks.quiet import load_keras

    if not models:
        return []
    load_keras()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of what many models in one process cost
    predictors = [Predictor.load(path) for path in models]
    faces = np.asarray(np.load(stage_folder("ingest") / IMAGES, mmap_mode="r")[:BATCH])
    alone = milliseconds_per_face(predictors, faces[:1], CALLS_ALONE)
    together = milliseconds_per_face(predictors, faces, CALLS)
    return [Speed(one, many, len(faces)) for one, many in zip(alone, together, strict=True)]
