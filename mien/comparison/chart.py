"""The comparison as a picture: a line a run, with what was published as a mark across the lines of its preset."""

import textwrap
from collections.abc import Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from mien.comparison.result import ALL, PROTOCOL_NAMES, Result
from mien.comparison.table import conditions
from mien.plots.style import ACCENT, BAD, INK, MUTED, PAPER, RULE, SECOND, percent_axis, styled

SIDES = (("official", ACCENT, -0.13), ("clean", SECOND, 0.13))
"""Of the test rows: name of the fields, colour, place above or below the middle of the line."""

NAMES = -0.36
"""Where the names of the presets begin, as a share of the width."""

FOOT_CHARACTERS = 140
"""In a line below the picture."""

LABEL_AIR = 0.02
"""Between the axis and what is written at its side, as a share of the width."""


@styled
def chart(results: Sequence[Result]) -> Figure:
    """Accuracies with their intervals; hollow marks are not to be believed.

    Args:
        results: in the order of the lines; those of a preset beside each other.
    """
    figure = Figure(figsize=(8.2, 1.5 + 0.46 * len(results)))
    axes = figure.subplots()
    for line, result in enumerate(results):
        _line(axes, line, result)
    _presets(axes, results)
    axes.set_ylim(len(results) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    percent_axis(axes, "x")
    axes.set_xlabel("accuracy")
    if foot := textwrap.fill(" ".join(conditions(results)), FOOT_CHARACTERS):
        figure.supxlabel(foot, x=0.01, ha="left", fontsize=8, color=MUTED)
    figure.legend(handles=_legend(results), ncols=4, loc="outside upper right", handletextpad=0.4, columnspacing=1.4)
    return figure


def _line(axes: Axes, line: int, result: Result) -> None:
    """Name of the protocol at the left, and the marks."""
    left = blended_transform_factory(axes.transAxes, axes.transData)
    said, colour = _said(result)
    axes.text(-LABEL_AIR, line, said, transform=left, ha="right", va="center", fontsize=9, color=colour)
    for name, shade, offset in SIDES:
        value, low, high = (getattr(result, field) for field in (name, f"{name}_low", f"{name}_high"))
        if value is None:
            continue
        axes.plot([low, high], [line + offset] * 2, color=shade, linewidth=1.6)
        face = shade if result.believable in (ALL, name) else PAPER
        axes.plot(value, line + offset, "o", color=shade, markerfacecolor=face, markersize=6, markeredgewidth=1.5)


def _said(result: Result) -> tuple[str, str]:
    shown = PROTOCOL_NAMES[result.protocol]
    return (f"{shown}, {result.mark}", BAD) if result.mark else (shown, MUTED)


def _presets(axes: Axes, results: Sequence[Result]) -> None:
    """For each preset its name, a rule above it, and the published accuracy across its lines."""
    left = blended_transform_factory(axes.transAxes, axes.transData)
    for preset, group in groupby(enumerate(results), lambda pair: pair[1].preset):
        lines = list(group)
        first, last, published = lines[0][0] - 0.5, lines[-1][0] + 0.5, lines[0][1].published
        axes.text(NAMES, (first + last) / 2, preset, transform=left, va="bottom", color=INK, fontweight="bold")
        axes.text(
            NAMES,
            (first + last) / 2,
            _classes([result for _, result in lines]),
            transform=left,
            va="top",
            color=MUTED,
            fontsize=9,
        )
        if first > 0:
            axes.plot([NAMES, 1], [first] * 2, transform=left, color=RULE, linewidth=0.8, clip_on=False)
        if published is not None:
            axes.plot([published] * 2, [first + 0.14, last - 0.14], color=INK, linewidth=2.2, solid_capstyle="butt")


def _classes(results: Sequence[Result]) -> str:
    """How many there are: accuracies over 3 and over 7 of them cannot be compared."""
    numbers = sorted({result.classes for result in results if result.classes is not None})
    return f"{' or '.join(map(str, numbers))} classes" if numbers else ""


def _legend(results: Sequence[Result]) -> list[Line2D]:
    """What the marks mean, those that are there."""
    marks = []
    if any(result.published is not None for result in results):
        marks.append(
            Line2D([], [], color=INK, marker="|", markersize=13, markeredgewidth=2.2, linewidth=0, label="published")
        )
    marks += [Line2D([], [], color=colour, marker="o", label=f"ours, {name}") for name, colour, _ in SIDES]
    if any(result.believable != ALL for result in results):
        marks.append(
            Line2D(
                [],
                [],
                color=MUTED,
                marker="o",
                markerfacecolor=PAPER,
                markeredgewidth=1.5,
                linewidth=0,
                label="not to be believed",
            )
        )
    return marks
