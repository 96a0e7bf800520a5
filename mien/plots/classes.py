"""Pictures of classes: the confusion matrix and the scores of each class."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mien.metrics import Array, ClassScores
from mien.plots.style import ACCENT, GOOD, INK, PAPER, SECOND, percent_axis, styled

SHADES = LinearSegmentedColormap.from_list("shades", ["#f4f7fb", "#9cc3ec", ACCENT, "#123f75"])


@styled
def confusion(matrix: Array, classes: Sequence[str]) -> Figure:
    """The confusion matrix (rows: the truth) as counts and as shares of each row, side by side."""
    size = 1.9 + 0.55 * len(classes)
    figure = Figure(figsize=(2 * size, size))
    left, right = figure.subplots(1, 2)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    _heatmap(left, shares, [[f"{count:,}" for count in row] for row in matrix], classes)
    _heatmap(right, shares, [[f"{share * 100:.0f}" for share in row] for row in shares], classes)
    left.set(title="Faces", ylabel="true")
    right.set(title="Percent of the true class")
    return figure


def _heatmap(axes: Axes, shares: Array, texts: Sequence[Sequence[str]], classes: Sequence[str]) -> None:
    axes.imshow(shares, cmap=SHADES, vmin=0, vmax=1)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    ticks = np.arange(len(classes))
    axes.set_xticks(ticks, classes, rotation=40, ha="right", rotation_mode="anchor", color=INK)
    axes.set_yticks(ticks, classes, color=INK)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted")
    for row, column in np.ndindex(*shares.shape):
        colour = PAPER if shares[row, column] > 0.45 else INK
        axes.text(column, row, texts[row][column], ha="center", va="center", color=colour, fontsize=9)


@styled
def per_class(scores: ClassScores, classes: Sequence[str]) -> Figure:
    """Precision, recall and F1 of each class as bars; the support stands below the name."""
    figure = Figure(figsize=(1.6 + 1.1 * len(classes), 3.8))
    axes = figure.subplots()
    ticks = np.arange(len(classes))
    series = (("precision", scores.precision, SECOND), ("recall", scores.recall, ACCENT), ("F1", scores.f1, GOOD))
    for offset, (name, values, colour) in zip((-0.27, 0.0, 0.27), series, strict=True):
        bars = axes.bar(ticks + offset, values, 0.25, color=colour, label=name)
        axes.bar_label(bars, [f"{value * 100:.0f}" for value in values], padding=1, fontsize=8, color=INK)
    names = [f"{name}\n{count:,}" for name, count in zip(classes, scores.support, strict=True)]
    axes.set_xticks(ticks, names)
    axes.tick_params(axis="x", length=0, labelcolor=INK)
    axes.grid(visible=False, axis="x")
    axes.set_ylim(0, 1.08)
    percent_axis(axes)
    axes.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return figure
