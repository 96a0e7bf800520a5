"""A split's table with a network's answers, drawn at random: what an evaluation starts from."""

import numpy as np
import pandas as pd

from mien.labels import EMOTIONS
from mien.soundness import Soundness

SOUND = Soundness(test=133)
"""Of `split_table()`: no test face is among the training or the validation rows."""


def probabilities_for(labels, classes, skill=1.5, seed=0):
    """Rows of probabilities that favour the right class by `skill`."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(labels), classes))
    logits[np.arange(len(labels)), labels] += skill
    powers = np.exp(logits)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def split_table(rows=200, classes=EMOTIONS, usage="PrivateTest", seed=0):
    """A table as build/split/faces.parquet: a third of it validation, the rest test; every tenth row has a twin."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(classes), rows)
    validation = np.arange(rows) % 3 == 0
    face = np.arange(rows, dtype=np.int32)
    return pd.DataFrame(
        {
            "face": face,
            "usage": np.where(validation, "Training", usage),
            "label": [classes[label] for label in labels],
            "sha256": [f"{number:016x}{0:048x}" for number in range(rows)],
            "group": face,
            "twin_in_training": ~validation & (face % 10 == 0),
            "split": np.where(validation, "validation", "test"),
            "class": [classes[label] for label in labels],
            "class_index": labels.astype(np.int16),
        }
    )


def history(epochs=3):
    """A table as build/train/history.csv."""
    falling = np.linspace(2.0, 1.0, epochs)
    return pd.DataFrame(
        {
            "epoch": np.arange(1, epochs + 1),
            "loss": falling,
            "accuracy": 1 - falling / 3,
            "val_loss": falling + 0.1,
            "val_accuracy": 0.9 - falling / 3,
            "learning_rate": 0.001,
            "seconds": 1.5,
        }
    )


def images(rows, seed=0):
    """Noise in the shape of faces, uint8 (rows, 48, 48)."""
    return np.random.default_rng(seed).integers(0, 256, (rows, 48, 48), np.uint8)
