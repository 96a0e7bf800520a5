"""Small tables of faces, and one with FER2013's counts."""

import hashlib

import numpy as np
import pandas as pd

from mien.datasets.table import COLUMNS, Faces
from mien.labels import EMOTIONS, FER2013

GOLDEN = {
    "Training": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "PublicTest": (467, 56, 496, 895, 653, 415, 607),
    "PrivateTest": (491, 55, 528, 879, 594, 416, 626),
}
"""Faces of FER2013 by Usage, in the order of EMOTIONS."""

BLACK = {"Training": (7, 0, 0, 1, 1, 1, 1), "PublicTest": (1, 0, 0, 0, 0, 0, 0), "PrivateTest": (0,) * 7}
"""Its images of one gray value."""


def make_faces(images, usages, labels):
    """Faces of three sequences of the same length."""
    count = len(labels)
    numbers = np.arange(count)
    codes = {label: code for code, label in FER2013.codes.items()}
    table = pd.DataFrame(
        {
            "face": numbers.astype(np.int32),
            "sample_id": [f"{number:06d}" for number in numbers],
            "source": "fer2013.csv",
            "line": (numbers + 2).astype(np.int32),
            "usage": list(usages),
            "label_space": "fer2013",
            "code": np.array([codes.get(label, -1) for label in labels], np.int16),
            "label": list(labels),
            "sha256": [hashlib.sha256(image.tobytes()).hexdigest() for image in images],
            "width": np.int32(images.shape[2]),
            "height": np.int32(images.shape[1]),
            **dict.fromkeys(("valence", "arousal"), np.float32(np.nan)),
            **dict.fromkeys(("box_x", "box_y", "box_width", "box_height"), np.int32(-1)),
        }
    )
    return Faces(table[list(COLUMNS)], images)


def noise(count, size=12, seed=0):
    """Unlike images, uint8 (count, size, size)."""
    return np.random.default_rng(seed).integers(0, 256, (count, size, size), dtype=np.uint8)


def golden_rows(counts=GOLDEN):
    """Usage and label of every face that `counts` tells of."""
    rows = [
        (usage, label)
        for usage, numbers in counts.items()
        for label, number in zip(EMOTIONS, numbers, strict=True)
        for _ in range(number)
    ]
    return [usage for usage, _ in rows], [label for _, label in rows]
