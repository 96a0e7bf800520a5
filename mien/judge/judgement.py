"""From answers to figures: accuracy with its interval, macro F1, confusion, and what was not judged."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mien.bootstrap import intervals
from mien.errors import DataError
from mien.evaluation.judging import rounded
from mien.judge.asking import Asked
from mien.labels import USAGES
from mien.metrics import Array, Figures, confusion_matrix, figures
from mien.params import EvaluateParams

TESTS = USAGES[:0:-1]
"""The Usages to be judged on, the best one first."""


@dataclass(frozen=True)
class Judgement:
    """How a model does on a data set.

    `figures` are those of `mien.metrics.figures` with `accuracy_interval` and `macro_f1_interval`, and
    `loss_uncalibrated` for the loss, as the probabilities are the network's own. `confusion` is int64 (C, C) over
    `classes`. `left_out` counts the faces of labels that are no class of the model ("": no label).
    """

    classes: tuple[str, ...]
    usages: tuple[str, ...]
    figures: Mapping[str, Any]
    confusion: Array
    left_out: Mapping[str, int]

    @property
    def absent(self) -> tuple[str, ...]:
        """Classes of the model without a face here; such an answer is counted as wrong."""
        return tuple(name for name in self.classes if name not in self.figures["support"])


def judgement(asked: Asked, wanted: Sequence[str] | None, params: EvaluateParams) -> Judgement:
    """The figures of the asked rows.

    Args:
        asked: the answers.
        wanted: Usages whose rows count, all together; None: PrivateTest, or PublicTest where there is none.
        params: samples, confidence and seed of the bootstrap.

    Raises:
        DataError: no row to judge, or an answer is not a number.
    """
    there = set(asked.usages)
    usages = tuple([name for name in wanted or TESTS if name in there][: None if wanted else 1])
    left_out = _left_out(asked, usages)
    if not usages:
        raise DataError(_nothing(asked, left_out, wanted))
    found, matrix = _figures(asked, np.isin(asked.usages, usages), params)
    return Judgement(asked.model.classes, usages, rounded(found), matrix, left_out)


def _left_out(asked: Asked, usages: Sequence[str]) -> Mapping[str, int]:
    """Faces without a class by label, of some Usages; of all where there are none."""
    counts: Counter[str] = Counter()
    for (usage, label), count in asked.left_out.items():
        if not usages or usage in usages:
            counts[label] += count
    return counts


def _figures(asked: Asked, rows: Array, params: EvaluateParams) -> tuple[Figures, Array]:
    """Figures with intervals, and confusion matrix, of the asked `rows` (bool, N)."""
    classes = asked.model.classes
    labels = np.array([classes.index(name) for name in asked.truth])[rows]
    probabilities = asked.probabilities[rows]
    if bad := int((~np.isfinite(probabilities)).any(axis=1).sum()):
        raise DataError(f"the model's answers to {bad:,} of {len(labels):,} faces are not numbers. Train it again.")
    predicted = probabilities.argmax(axis=1)
    matrix = confusion_matrix(labels, predicted, len(classes))
    bounds = intervals(matrix, samples=params.bootstrap_samples, confidence=params.confidence, seed=params.seed)
    found = figures(labels, predicted, probabilities, classes)
    found["loss_uncalibrated"] = found.pop("loss")  # the temperature stands in metrics.json, not with the model
    return {**found, **{f"{name}_interval": asdict(interval) for name, interval in bounds.items()}}, matrix


def _nothing(asked: Asked, left_out: Mapping[str, int], wanted: Sequence[str] | None) -> str:
    """Why there is no row to judge, and what to do."""
    if any(left_out.values()):
        names = ", ".join(f"{count:,} {label or 'without a label'}" for label, count in left_out.items())
        return f"no face has a label that is a class of the model ({', '.join(asked.model.classes)}). Received: {names}"
    usages = " or ".join(wanted or TESTS)
    return f"none of {asked.read:,} rows is of {usages}. --usage all judges every row, --usage Training those"
