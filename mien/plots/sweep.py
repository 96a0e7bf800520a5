"""Pictures of a sweep: how the best value grew, which setting matters, and the value over each setting."""

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from mien.plots.style import ACCENT, BAD, INK, MUTED, SECOND, percent_axis, styled

COLUMNS = 4
ROW_HEIGHT = 2.3
FEW = 6


@styled
def sweep_picture(
    trials: pd.DataFrame,
    metric: str,
    drawn: Sequence[str],
    importances: Mapping[str, float],
    logs: Collection[str] = (),
) -> Figure:
    """History and importances in the first row, below it one small picture for each setting.

    Args:
        trials: columns trial (from 1), state (finished, pruned, failed, ...), the metric and the settings; a setting
            that a trial does not have is NaN.
        metric: `val_accuracy`, of which more is better, or `val_loss`.
        drawn: the settings.
        importances: share of the spread of the values that a setting explains, by name; may be empty.
        logs: settings with a logarithmic axis.
    """
    rows = math.ceil(len(drawn) / COLUMNS)
    figure = Figure(figsize=(11, 3.6 + ROW_HEIGHT * rows))
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[3.6, ROW_HEIGHT * rows]).ravel()
    history, bars = above.subplots(1, 2, width_ratios=[3, 2])
    _history(history, trials, metric)
    _importances(bars, importances, int((trials["state"] == "finished").sum()))
    grid = below.subplots(rows, COLUMNS, sharey=True, squeeze=False).ravel()
    for axes, name in zip(grid, drawn, strict=False):
        _slice(axes, trials, metric, name, log=name in logs)
    for axes in grid[len(drawn) :]:
        axes.set_visible(False)
    return figure


def _history(axes: Axes, trials: pd.DataFrame, metric: str) -> None:
    """Value of each trial, and the best of the finished ones so far."""
    finished = trials[trials["state"] == "finished"]
    _points(axes, trials, metric, "trial")
    if len(finished):
        values = finished[metric].astype(float)
        best = values.cummax() if metric == "val_accuracy" else values.cummin()
        until = [*finished["trial"], trials["trial"].max()]
        axes.step(until, [*best, best.iloc[-1]], where="post", color=SECOND, label="best so far", zorder=1)
    failed = trials.loc[trials["state"] == "failed", "trial"]
    if len(failed):
        transform = axes.get_xaxis_transform()
        axes.plot(failed, np.full(len(failed), 0.02), "x", color=BAD, transform=transform, label="failed")
    axes.set(title="Trials", xlabel="trial", ylabel=metric.replace("val_", "validation "))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if metric == "val_accuracy":
        percent_axis(axes)
    axes.legend(ncols=4, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.2, fontsize=8)


def _points(axes: Axes, trials: pd.DataFrame, metric: str, name: str) -> None:
    for state, fill in (("finished", ACCENT), ("pruned", "none")):
        rows = trials[trials["state"] == state].dropna(subset=[name, metric])
        edge = ACCENT if state == "finished" else MUTED
        if len(rows):
            axes.plot(rows[name], rows[metric], "o", ms=5, mfc=fill, mec=edge, label=state)


def _importances(axes: Axes, importances: Mapping[str, float], finished: int) -> None:
    axes.set_title(f"What matters, by {finished} finished trials")
    if not importances:
        axes.text(0.5, 0.5, "too few finished trials to tell", ha="center", va="center", color=MUTED)
        axes.set_axis_off()
        return
    names = sorted(importances, key=lambda name: importances[name])
    bars = axes.barh(names, [importances[name] for name in names], color=ACCENT, height=0.6)
    axes.bar_label(bars, [f"{importances[name] * 100:.0f} %" for name in names], padding=3, fontsize=8, color=INK)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.grid(visible=False, axis="y")
    axes.set_xlim(0, 1.15 * max(importances.values()))
    percent_axis(axes, "x")


def _slice(axes: Axes, trials: pd.DataFrame, metric: str, name: str, *, log: bool) -> None:
    """The value over one setting; few whole numbers stand side by side, however far apart they are."""
    values = sorted(trials[name].dropna().unique())
    few = len(values) <= FEW and all(value == int(value) for value in values)
    places = trials[name].map({value: place for place, value in enumerate(values)}) if few else trials[name]
    _points(axes, trials.assign(**{name: places}), metric, name)
    axes.set_title(name, fontsize=9, fontweight="normal")
    if few:
        axes.set_xticks(range(len(values)), [str(value) for value in values])
        axes.set_xlim(-0.5, len(values) - 0.5)
    elif log:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    if metric == "val_accuracy":
        percent_axis(axes)
