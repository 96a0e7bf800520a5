"""Valence and arousal: what the network says against what the labels say."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mien.labels import DIMENSIONS
from mien.metrics import Array
from mien.plots.style import ACCENT, MUTED, styled

BINS = 32
"""Of each axis, from -1 to 1."""


@styled
def affect(truth: Array, said: Array) -> Figure:
    """A panel for each of the two: darker where more faces are; on the diagonal the answer is the label.

    Args:
        truth: float (N, 2), NaN where not known.
        said: float (N, 2).
    """
    figure = Figure(figsize=(8, 4))
    colours = LinearSegmentedColormap.from_list("accent", [(*_rgb(ACCENT), 0.0), (*_rgb(ACCENT), 1.0)])
    edges = np.linspace(-1.0, 1.0, BINS + 1)
    for place, (axes, name) in enumerate(zip(figure.subplots(1, 2), DIMENSIONS, strict=True)):
        known = ~np.isnan(truth[:, place])
        counts, _, _ = np.histogram2d(truth[known, place], said[known, place], bins=(edges, edges))
        # The root, so that the few faces of rare values are seen beside the many of frequent ones.
        axes.imshow(np.sqrt(counts.T), origin="lower", extent=(-1, 1, -1, 1), cmap=colours, interpolation="nearest")
        axes.plot([-1, 1], [-1, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
        axes.set(title=f"{name.capitalize()} ({known.sum():,} faces)", xlabel="label", ylabel="network", aspect="equal")
    return figure


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue
