"""How long each model takes for a face."""

import logging
from collections.abc import Sequence
from pathlib import Path

from mien.datasets.table import IMAGES
from tasks.stage import stage_folder

BATCH = 256
"""Faces in a batch."""

CALLS_ALONE, CALLS = 20, 3
"""Calls with one face and with a batch: the largest network takes a second for a batch, which varies little."""


def milliseconds(models: Sequence[Path]) -> list[tuple[float, float]]:
    """For each model the milliseconds of one face alone, and of one in a batch; measured side by side, here."""
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
    return list(zip(alone, milliseconds_per_face(predictors, faces, CALLS), strict=True))
