"""Whether "80 % sure" is right in 80 of 100 cases, and the one number that mends it: the temperature."""

from dataclasses import dataclass

import numpy as np

from mien.metrics import TINY, Array, log_loss

TEMPERATURES = (0.05, 20.0)
"""Range in which the temperature is sought."""


@dataclass(frozen=True)
class Reliability:
    """Rows in bins of equal width by the probability of the predicted class; empty bins are left out.

    All (bins,): `confidence` and `accuracy` are means in the bin, `count` its rows, `low` and `high` its limits; a
    row on a limit belongs to the bin below it.
    """

    low: Array
    high: Array
    confidence: Array
    accuracy: Array
    count: Array


def temper(probabilities: Array, temperature: float) -> Array:
    """`softmax(log(p) / temperature)`: float64 (N, C); above 1 makes the classifier less sure. 1 changes nothing."""
    scaled = np.log(np.maximum(probabilities.astype(np.float64), TINY)) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    out: Array = powers / powers.sum(axis=1, keepdims=True)
    return out


def fit_temperature(labels: Array, probabilities: Array) -> float:
    """The temperature with the least log loss on rows that the network did not learn from.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. Sought on a logarithmic scale; never worse than
    no temperature. 1.0 where there is no row.
    """
    from scipy.optimize import minimize_scalar

    if not len(labels):
        return 1.0

    def loss(log_temperature: float) -> float:
        return log_loss(labels, temper(probabilities, float(np.exp(log_temperature))))

    found = minimize_scalar(loss, bounds=tuple(np.log(TEMPERATURES)), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x)) if found.fun < loss(0.0) else 1.0


def brier(labels: Array, probabilities: Array) -> float:
    """Mean squared distance of a row of probabilities from the truth, 0 to 2 (Brier 1950, over all classes)."""
    truth = np.eye(probabilities.shape[1])[labels]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())


def reliability(correct: Array, confidence: Array, bins: int) -> Reliability:
    """Sort rows into bins by confidence.

    Args:
        correct: bool (N,), whether the prediction was right.
        confidence: float (N,) in [0, 1], the probability of the predicted class.
        bins: number of bins of equal width.
    """
    index = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(index, minlength=bins)
    here = np.flatnonzero(count)
    return Reliability(
        low=here / bins,
        high=(here + 1) / bins,
        confidence=np.bincount(index, confidence, bins)[here] / count[here],
        accuracy=np.bincount(index, correct, bins)[here] / count[here],
        count=count[here],
    )


def expected_calibration_error(curve: Reliability) -> float:
    """Mean distance between confidence and accuracy over the rows (Naeini et al., AAAI 2015), 0 to 1."""
    return float(np.average(np.abs(curve.accuracy - curve.confidence), weights=curve.count))
