"""Curves: learning, ROC, reliability, and how sure the network is when right and when wrong."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mien.calibration import Reliability
from mien.metrics import Array, RocCurve
from mien.plots.style import ACCENT, BAD, GOOD, INK, MUTED, SECOND, class_colour, percent_axis, styled

HISTOGRAM_BINS = 25


@styled
def learning_curves(history: pd.DataFrame) -> Figure:
    """Loss and accuracy over the epochs, for training and validation.

    Args:
        history: columns epoch (from 0 or 1), loss, accuracy, val_loss, val_accuracy; one row per epoch.
    """
    figure = Figure(figsize=(9, 3.6))
    left, right = figure.subplots(1, 2)
    best = int(history["val_loss"].to_numpy().argmin())
    for axes, name, title in ((left, "loss", "Loss"), (right, "accuracy", "Accuracy")):
        _learning_curve(axes, history, name, best)
        axes.set(title=title, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    percent_axis(right)
    left.legend(loc="upper right")
    return figure


def _learning_curve(axes: Axes, history: pd.DataFrame, name: str, best: int) -> None:
    marker = "o" if len(history) == 1 else None
    axes.plot(history["epoch"], history[name], color=MUTED, label="training", marker=marker)
    axes.plot(history["epoch"], history[f"val_{name}"], color=ACCENT, label="validation", marker=marker)
    axes.plot(
        history["epoch"].iloc[best],
        history[f"val_{name}"].iloc[best],
        "o",
        color=ACCENT,
        markersize=7,
        label="lowest validation loss",
    )


@styled
def roc_curves(curves: Mapping[str, RocCurve]) -> Figure:
    """Each class against the rest; the legend gives the areas."""
    figure = Figure(figsize=(6, 5))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
    for position, (name, curve) in enumerate(curves.items()):
        label = f"{name}  {curve.area:.3f}"
        axes.plot(curve.false_positive, curve.true_positive, color=class_colour(name, position), label=label)
    axes.set(xlim=(0, 1), ylim=(0, 1.005), aspect="equal")
    axes.set(xlabel="share of other faces taken for the class", ylabel="share of the class that is found")
    percent_axis(axes, "x")
    percent_axis(axes)
    axes.legend(title="area under the curve", loc="lower right", alignment="left")
    return figure


@styled
def reliability_curves(before: Reliability, after: Reliability, temperature: float) -> Figure:
    """How often the network was right, by how sure it was; below, how many faces each bin after scaling holds."""
    figure = Figure(figsize=(6, 6))
    upper, lower = figure.subplots(2, 1, height_ratios=(4, 1), sharex=True)
    upper.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 4)), label="perfect")
    upper.plot(before.confidence, before.accuracy, "o-", color=SECOND, markersize=4, label="as trained")
    label = f"with temperature {temperature:.2f}"
    upper.plot(after.confidence, after.accuracy, "o-", color=ACCENT, markersize=5, label=label)
    lower.bar(after.low, after.count, after.high - after.low, align="edge", color=ACCENT, alpha=0.75)
    upper.set(xlim=(0, 1), ylim=(0, 1.01), ylabel="share that was right")
    lower.set(xlabel="probability of the predicted class", ylabel="faces")
    percent_axis(upper)
    percent_axis(lower, "x")
    upper.legend(loc="upper left")
    return figure


@styled
def score_histogram(correct: Array, confidence: Array) -> Figure:
    """How sure the network was, apart for right and wrong answers.

    Args:
        correct: bool (N,).
        confidence: float (N,), probability of the predicted class.
    """
    figure = Figure(figsize=(6, 4.4))
    axes = figure.subplots()
    edges = np.linspace(0, 1, HISTOGRAM_BINS + 1).tolist()
    groups = [confidence[correct], confidence[~correct]]
    labels = [f"right ({len(groups[0]):,})", f"wrong ({len(groups[1]):,})"]
    axes.hist(groups, edges, stacked=True, color=[GOOD, BAD], label=labels, rwidth=0.92)
    axes.set(xlim=(0, 1), xlabel="probability of the predicted class", ylabel="faces")
    axes.tick_params(axis="x", labelcolor=INK)
    percent_axis(axes, "x")
    axes.legend(loc="upper left")
    return figure
