"""The paired bootstrap: how far the gain of one classifier over another would move on another test set."""

from dataclasses import dataclass

import numpy as np

from mien.bootstrap import redrawn
from mien.metrics import Array, class_scores


@dataclass(frozen=True)
class Gain:
    """New minus old on the rows themselves, and the interval of it over the redrawn test sets."""

    value: float
    low: float
    high: float


def gains(
    labels: Array, old: Array, new: Array, classes: int, *, samples: int, confidence: float, seed: int
) -> dict[str, Gain]:
    """Gain in `accuracy` and `macro_f1` with percentile intervals; each redrawn test set is scored for both.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13; Koehn, "Statistical significance tests
    for machine translation evaluation", EMNLP 2004, for the pairing. A row matters only through its label and the two
    answers, so that N rows drawn with replacement are a multinomial draw over the cells of that three-way table.

    Args:
        labels: true classes, int (N,).
        old: classes that the one classifier chose, int (N,).
        new: classes that the other one chose, int (N,).
        classes: number of classes, C.
        samples: number of redrawn test sets.
        confidence: share of them inside the interval, e.g. 0.95.
        seed: of the draw.
    """
    cells = (labels.astype(np.int64) * classes + old) * classes + new
    table = np.bincount(cells, minlength=classes**3).reshape(classes, classes, classes)  # label x old x new
    present = table.sum(axis=(1, 2)) > 0
    drawn = _scores(redrawn(table, samples, seed), present)
    observed = _scores(table[None], present)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    return {name: Gain(observed[name].item(), *np.quantile(drawn[name], tails).tolist()) for name in observed}


def _scores(tables: Array, present: Array) -> dict[str, Array]:
    """Gains of many three-way tables (S, C, C, C), each (S,); macro F1 over the classes that are `present`."""
    before, after = _figures(tables.sum(axis=3), present), _figures(tables.sum(axis=2), present)
    return {name: after[name] - before[name] for name in before}


def _figures(matrices: Array, present: Array) -> dict[str, Array]:
    rows = matrices.sum(axis=(1, 2))
    return {
        "accuracy": np.trace(matrices, axis1=1, axis2=2) / rows,
        "macro_f1": class_scores(matrices).f1[:, present].mean(axis=1),
    }
