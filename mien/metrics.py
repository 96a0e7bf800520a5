"""Figures that judge a classifier: numpy only, on labels and probabilities in memory.

Shapes everywhere: `labels` and `predicted` are integers (N,) in [0, C), `probabilities` are floats (N, C) whose rows
sum to 1. A class without a row ("absent") has no recall; it is left out of per-class figures and of averages.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
Figures = dict[str, "float | int | Figures"]
"""Nested figures by name, as they go into metrics.json."""

TINY = float(np.finfo(np.float32).tiny)
"""Smallest probability that counts: log loss stays finite where float32 softmax has underflown to 0."""


@dataclass(frozen=True)
class ClassScores:
    """One value per class, each (C,); 0 where a ratio has no denominator."""

    precision: Array
    recall: Array
    f1: Array
    support: Array


@dataclass(frozen=True)
class RocCurve:
    """One class against the rest: rates from (0, 0) to (1, 1), and the area below the curve."""

    false_positive: Array
    true_positive: Array
    area: float


def confusion_matrix(labels: Array, predicted: Array, classes: int) -> Array:
    """Counts, int64 (C, C): row = the true class, column = the predicted one."""
    cells = labels.astype(np.int64) * classes + predicted
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def class_scores(matrix: Array) -> ClassScores:
    """Precision, recall, F1 and support of each class.

    Args:
        matrix: confusion matrix (..., C, C); leading axes are kept, so that many can be scored at once.
    """
    hits = np.diagonal(matrix, axis1=-2, axis2=-1).astype(np.float64)
    support, chosen = matrix.sum(axis=-1), matrix.sum(axis=-2)
    return ClassScores(
        precision=_ratio(hits, chosen),
        recall=_ratio(hits, support),
        f1=_ratio(2 * hits, support + chosen),
        support=support,
    )


def _ratio(part: Array, whole: Array) -> Array:
    """`part / whole`, 0 where `whole` is 0."""
    out: Array = np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)
    return out


def log_loss(labels: Array, probabilities: Array) -> float:
    """Mean of -log of the probability given to the true class (nats)."""
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(given, TINY)).mean())


def ranking(probabilities: Array) -> Array:
    """Classes of each row from the most to the least probable, (N, C); ties go to the earlier class."""
    return np.argsort(-probabilities, axis=1, kind="stable")


def top_k_accuracy(labels: Array, ranked: Array, k: int) -> float:
    """Share of rows whose true class is among the first `k` of `ranked` (from `ranking`)."""
    return float((ranked[:, :k] == labels[:, None]).any(axis=1).mean())


def auc(positive: Array, negative: Array) -> float:
    """Probability that a score of `positive` beats one of `negative`, ties counted half (Mann-Whitney)."""
    ordered = np.sort(negative)
    beaten = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(beaten.mean() / (2 * len(ordered)))


def m_measure(labels: Array, probabilities: Array) -> float | None:
    """Mean AUC over all pairs of classes that have rows; None with fewer than two of them.

    Hand and Till, "A simple generalisation of the area under the ROC curve for multiple class classification
    problems", Machine Learning 45, 2001; the same as scikit-learn's
    `roc_auc_score(multi_class="ovo", average="macro")`, without its three seconds of import.
    """
    present = np.unique(labels)
    rows = {int(c): probabilities[labels == c] for c in present}
    pairs = [(int(a), int(b)) for i, a in enumerate(present) for b in present[i + 1 :]]
    if not pairs:
        return None
    areas = [(auc(rows[a][:, a], rows[b][:, a]) + auc(rows[b][:, b], rows[a][:, b])) / 2 for a, b in pairs]
    return float(np.mean(areas))


def roc_curve(positive: Array, scores: Array) -> RocCurve | None:
    """ROC of a score (N,) for `positive` (bool, N); None when all rows are on one side."""
    if positive.all() or not positive.any():
        return None
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last_of_tie = np.append(ordered[1:] != ordered[:-1], True)
    hits = np.cumsum(positive[order])[last_of_tie]
    alarms = np.cumsum(~positive[order])[last_of_tie]
    return RocCurve(
        false_positive=np.append(0.0, alarms / alarms[-1]),
        true_positive=np.append(0.0, hits / hits[-1]),
        area=auc(scores[positive], scores[~positive]),
    )


def thinned(curve: RocCurve, points: int) -> RocCurve:
    """The same curve through at most `points` of its points, both ends among them; the area stays the exact one."""
    kept = np.unique(np.linspace(0, len(curve.false_positive) - 1, points).round().astype(int))
    return RocCurve(curve.false_positive[kept], curve.true_positive[kept], curve.area)


def figures(labels: Array, predicted: Array, probabilities: Array, classes: Sequence[str]) -> Figures:
    """Every figure that one set of probabilities gives.

    Args:
        labels: true classes.
        predicted: the classifier's choices, given apart so that a rescaling of the probabilities cannot flip a tie.
        probabilities: as the model is used, calibrated or not.
        classes: names, (C,).

    Returns:
        Only `n` when there is no row; the per-class figures lack absent classes, `m_measure` a single class, and
        `top2` and `top3` stand only where there are more classes than that.
    """
    if not len(labels):
        return {"n": 0}
    matrix = confusion_matrix(labels, predicted, len(classes))
    ranked = ranking(probabilities)
    out: Figures = {
        "n": len(labels),
        "accuracy": float((predicted == labels).mean()),
        "loss": log_loss(labels, probabilities),
        **{f"top{k}": top_k_accuracy(labels, ranked, k) for k in (2, 3) if k < len(classes)},
        **_averages(class_scores(matrix)),
        **_by_class(class_scores(matrix), classes),
    }
    measure = m_measure(labels, probabilities)
    return out if measure is None else {**out, "m_measure": measure}


def _averages(scores: ClassScores) -> Figures:
    """Macro (each class counts the same) and weighted (each row does); balanced accuracy is the macro recall."""
    here = scores.support > 0
    out: Figures = {}
    for name in ("precision", "recall", "f1"):
        values = getattr(scores, name)[here]
        out[f"macro_{name}"] = float(values.mean())
        out[f"weighted_{name}"] = float(np.average(values, weights=scores.support[here]))
    return {**out, "balanced_accuracy": out["macro_recall"]}


def _by_class(scores: ClassScores, classes: Sequence[str]) -> Figures:
    here = np.flatnonzero(scores.support).tolist()
    return {
        name: {classes[i]: getattr(scores, name)[i].item() for i in here}
        for name in ("precision", "recall", "f1", "support")
    }
