"""Two models' answers to the same rows, made up."""

import numpy as np
import pandas as pd

from mien.evaluation import Rows
from mien.promotion import Judged

CLASSES = ("angry", "happy", "sad")


def table(labels, twins=()):
    """Rows of the split's table; those at the positions `twins` have a twin in Training."""
    labels = np.asarray(labels)
    return pd.DataFrame(
        {
            "face": np.arange(len(labels), dtype=np.int32),
            "sha256": [f"{number:016x}{0:048x}" for number in range(len(labels))],
            "class_index": labels.astype(np.int16),
            "group": np.arange(len(labels)),
            "twin_in_training": np.isin(np.arange(len(labels)), list(twins)),
        }
    )


def judged(rows, predicted, sure=0.9, ms=5.0, megabytes=2.0):
    """A model that answers `predicted`, each with probability `sure`."""
    raw = np.full((len(rows), len(CLASSES)), (1 - sure) / (len(CLASSES) - 1))
    raw[np.arange(len(rows)), predicted] = sure
    return Judged(Rows(rows, raw, raw), ms, megabytes)


def with_errors(labels, wrong):
    """`labels` with another class at the positions `wrong`."""
    out = np.array(labels)
    out[list(wrong)] = (out[list(wrong)] + 1) % len(CLASSES)
    return out
