"""McNemar's test: do two classifiers err equally often on the same rows?"""

import math
from dataclasses import dataclass

from mien.metrics import Array

FEW = 25
"""Below so many rows on which only one is right the exact test is used."""


@dataclass(frozen=True)
class McNemar:
    """`only_old` and `only_new`: rows that one alone has right; `p`: two-sided; `exact`: by the binomial."""

    only_old: int
    only_new: int
    p: float
    exact: bool


def mcnemar(old: Array, new: Array) -> McNemar:
    """Test whether both are equally often right (McNemar, Psychometrika 12, 1947).

    Only rows on which one alone is right count. With 25 of them or more: chi-squared with one degree of freedom and
    the continuity correction that Dietterich recommends ("Approximate statistical tests for comparing supervised
    classification learning algorithms", Neural Computation 10, 1998); with fewer the exact binomial test.

    Args:
        old: whether the one classifier was right on each row, bool (N,).
        new: the same for the other one.
    """
    only_old, only_new = int((old & ~new).sum()), int((new & ~old).sum())
    total = only_old + only_new
    if total < FEW:
        return McNemar(only_old, only_new, _binomial(min(only_old, only_new), total), exact=True)
    statistic = (abs(only_old - only_new) - 1) ** 2 / total if only_old != only_new else 0.0
    # The square of a normal variable: the tail of chi-squared with one degree of freedom.
    return McNemar(only_old, only_new, math.erfc(math.sqrt(statistic / 2)), exact=False)


def _binomial(fewer: int, total: int) -> float:
    """Two-sided p of `fewer` heads or less in `total` throws of a fair coin."""
    tail = sum(math.comb(total, heads) for heads in range(fewer + 1)) / (1 << total)
    return min(1.0, 2 * tail)
