"""Confidence intervals by the bootstrap: how far a figure would move on another test set of the same size."""

from dataclasses import dataclass

import numpy as np

from mien.metrics import Array, class_scores


@dataclass(frozen=True)
class Interval:
    """Lower and upper bound."""

    low: float
    high: float


def intervals(matrix: Array, *, samples: int, confidence: float, seed: int) -> dict[str, Interval]:
    """Percentile bootstrap intervals of `accuracy` and `macro_f1` (Efron and Tibshirani 1993, chapter 13).

    Both figures depend on the rows only through the confusion matrix, and the matrix of N rows drawn with replacement
    is a multinomial draw of N over its cells: 2,000 samples cost milliseconds instead of 2,000 passes over the rows.

    Args:
        matrix: confusion matrix (C, C) with at least one row.
        samples: number of redrawn test sets.
        confidence: share of them inside the interval, e.g. 0.95.
        seed: of the draw.
    """
    drawn = redrawn(matrix, samples, seed)
    present = matrix.sum(axis=1) > 0
    values = {
        "accuracy": np.trace(drawn, axis1=1, axis2=2) / matrix.sum(),
        "macro_f1": class_scores(drawn).f1[:, present].mean(axis=1),
    }
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    return {name: Interval(*np.quantile(value, tails).tolist()) for name, value in values.items()}


def redrawn(matrix: Array, samples: int, seed: int) -> Array:
    """Confusion matrices of `samples` test sets drawn with replacement, int64 (samples, C, C)."""
    cells = np.flatnonzero(matrix)
    total = int(matrix.sum())
    counts = np.random.default_rng(seed).multinomial(total, matrix.flat[cells] / total, size=samples)
    out = np.zeros((samples, matrix.size), np.int64)
    out[:, cells] = counts
    return out.reshape(samples, *matrix.shape)
