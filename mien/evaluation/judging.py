"""From rows and probabilities to figures: the official test rows and the clean ones, side by side.

*Clean* rows are test rows without a pixel-identical twin among the Training rows as they were read, whatever the
cleaning removed afterwards; on FER2013 8 % of the test set has one. The temperature is fitted on the validation rows,
and all probabilities that are judged are the tempered ones unless a name ends in `_uncalibrated`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd

from mien.bootstrap import intervals
from mien.calibration import Reliability, brier, expected_calibration_error, fit_temperature, reliability, temper
from mien.errors import DataError
from mien.evaluation.affect import affect_figures, affect_with_intervals
from mien.evaluation.agreement import agreement
from mien.labels import DIMENSIONS, USAGES
from mien.metrics import Array, Figures, confusion_matrix, figures, log_loss
from mien.params import EvaluateParams
from mien.soundness import Soundness

DECIMALS = 6
"""Of every figure that is written."""


@dataclass(frozen=True)
class Rows:
    """Rows of the split's table with the network's answers to them.

    `table` has the columns of build/split/faces.parquet; `raw` are the network's probabilities and `tempered` the
    same after the temperature, both float (N, C). `affect` is what it says of valence and arousal, float (N, 2), None
    where it tells none.
    """

    table: pd.DataFrame
    raw: Array
    tempered: Array
    affect: Array | None = None

    @cached_property
    def labels(self) -> Array:
        """True class of each row, int (N,)."""
        return self.table["class_index"].to_numpy(np.int64)

    @cached_property
    def predicted(self) -> Array:
        """Most probable class of each row, int (N,)."""
        out: Array = self.raw.argmax(axis=1)
        return out

    @cached_property
    def confidence(self) -> Array:
        """Tempered probability of the predicted class, float (N,)."""
        out: Array = self.tempered[np.arange(len(self.table)), self.predicted]
        return out

    @property
    def correct(self) -> Array:
        """Whether the prediction is the label, bool (N,)."""
        out: Array = self.labels == self.predicted
        return out

    @cached_property
    def known_affect(self) -> Array:
        """Valence and arousal as the labels say, float (N, 2), NaN where they do not."""
        return self.table[list(DIMENSIONS)].to_numpy(np.float64)

    def where(self, mask: Array) -> Self:
        """The rows for which `mask` (bool, N) holds."""
        affect = None if self.affect is None else self.affect[mask]
        return type(self)(self.table[mask], self.raw[mask], self.tempered[mask], affect)


@dataclass(frozen=True)
class Evaluation:
    """All that was found out about a network."""

    classes: tuple[str, ...]
    temperature: float
    official: Rows
    clean: Rows
    validation: Rows
    metrics: dict[str, Any]
    params: EvaluateParams

    @cached_property
    def confusion(self) -> Array:
        """Confusion matrix of the official test rows, int64 (C, C)."""
        return confusion_matrix(self.official.labels, self.official.predicted, len(self.classes))


def evaluate(
    table: pd.DataFrame,
    probabilities: Array,
    classes: Sequence[str],
    params: EvaluateParams,
    protocol: Soundness,
    affect: Array | None = None,
) -> Evaluation:
    """Judge a network by its answers to the validation and test rows.

    Args:
        table: rows of build/split/faces.parquet; training rows must be left out.
        probabilities: what the network said to each row, float (N, C).
        classes: names in the order of the columns of `probabilities`.
        params: samples, confidence and seed of the bootstrap, bins of the calibration.
        protocol: whether the test rows were kept apart.
        affect: valence and arousal as the network says, float (N, 2); None where it tells none.

    Raises:
        DataError: there is no test row, or a probability is not a number.
    """
    _check(table, probabilities, classes, affect)
    validation = (table["split"] == "validation").to_numpy()
    test = (table["split"] == "test").to_numpy()
    labels = table["class_index"].to_numpy(np.int64)
    temperature = fit_temperature(labels[validation], probabilities[validation])
    rows = Rows(table, probabilities, temper(probabilities, temperature), affect)
    official = rows.where(test)
    clean = official.where(~official.table["twin_in_training"].to_numpy(bool))
    metrics = {
        "official": side_figures(official, classes, params),
        "clean": side_figures(clean, classes, params),
        "validation": _validation_figures(rows.where(validation), classes),
        "temperature": temperature,
        "test_usage": usages(official.table),
        "protocol": dict(protocol.record),
    }
    return Evaluation(tuple(classes), temperature, official, clean, rows.where(validation), rounded(metrics), params)


def _check(table: pd.DataFrame, probabilities: Array, classes: Sequence[str], affect: Array | None) -> None:
    if probabilities.shape != (len(table), len(classes)):
        raise DataError(
            f"the network gives probabilities of shape {probabilities.shape} for {len(table)} faces and "
            f"{len(classes)} classes ({', '.join(classes)}). It was trained on other classes: train again."
        )
    finite = np.isfinite(probabilities).all(axis=1)
    if affect is not None:
        finite &= np.isfinite(affect).all(axis=1)
    if not finite.all():
        bad = int((~finite).sum())
        raise DataError(f"the network's answers to {bad} of {len(table)} faces are not numbers. Train again.")
    if not (table["split"] == "test").any():
        raise DataError("there is no test row: nothing to judge the network by. Look at split in params.yaml.")


def usages(table: pd.DataFrame) -> str:
    """The Usages that the rows come from, e.g. "PrivateTest"; several are joined by "+"."""
    there = set(table["usage"])
    return "+".join([usage for usage in USAGES if usage in there])


def side_figures(rows: Rows, classes: Sequence[str], params: EvaluateParams) -> Figures:
    """Every figure of one set of test rows; only `n` when it is empty."""
    out = figures(rows.labels, rows.predicted, rows.tempered, classes)
    if not len(rows.table):
        return out
    matrix = confusion_matrix(rows.labels, rows.predicted, len(classes))
    bounds = intervals(matrix, samples=params.bootstrap_samples, confidence=params.confidence, seed=params.seed)
    votes = agreement(rows.table, rows.predicted, classes)
    return {
        **out,
        **{f"{name}_interval": asdict(interval) for name, interval in bounds.items()},
        **_calibration(rows, params.calibration_bins),
        **({"ferplus": votes} if votes else {}),
        **({} if rows.affect is None else {"affect": affect_with_intervals(rows.known_affect, rows.affect, params)}),
    }


def _calibration(rows: Rows, bins: int) -> Figures:
    before, after = reliability_curves(rows, bins)
    return {
        "ece": expected_calibration_error(after),
        "ece_uncalibrated": expected_calibration_error(before),
        "brier": brier(rows.labels, rows.tempered),
        "brier_uncalibrated": brier(rows.labels, rows.raw),
        "loss_uncalibrated": log_loss(rows.labels, rows.raw),
    }


def reliability_curves(rows: Rows, bins: int) -> tuple[Reliability, Reliability]:
    """Confidence against accuracy before and after the temperature."""
    raw_confidence = rows.raw[np.arange(len(rows.table)), rows.predicted]
    return reliability(rows.correct, raw_confidence, bins), reliability(rows.correct, rows.confidence, bins)


def _validation_figures(rows: Rows, classes: Sequence[str]) -> Figures:
    """The few figures by which one chooses between networks."""
    out = figures(rows.labels, rows.predicted, rows.tempered, classes)
    few: Figures = {name: out[name] for name in ("n", "accuracy", "macro_f1", "loss") if name in out}
    return few if rows.affect is None else {**few, "affect": affect_figures(rows.known_affect, rows.affect)}


def rounded(value: Any) -> Any:  # noqa: ANN401 - nested figures
    """Floats in nested dictionaries to `DECIMALS` places."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    return round(value, DECIMALS) if isinstance(value, float) else value
