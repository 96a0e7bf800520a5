"""The one style of all pictures, and the two ways out: PNG on white, SVG that follows the page's theme."""

import io
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

P = ParamSpec("P")

INK, MUTED, RULE, PAPER = "#1c2026", "#6e747c", "#dadde2", "#ffffff"
THEME = {INK: ("ink", "#e8eaee"), MUTED: ("muted", "#9aa2ad"), RULE: ("rule", "#363c45"), PAPER: ("paper", "#16191e")}
"""Colours that depend on the theme: name in the SVG's style sheet, and value in the dark."""

ACCENT, SECOND, GOOD, BAD = "#2f7fd6", "#e0892b", "#3a9d6b", "#d1495b"
"""Colours of series; readable on both grounds, as are those of the classes."""

CLASS_COLOURS = {
    "angry": "#d1495b",
    "disgust": "#7a9e3a",
    "fear": "#8d6cc4",
    "happy": "#d99a0b",
    "sad": "#2f7fd6",
    "surprise": "#e2703a",
    "neutral": "#8a929c",
    "contempt": "#c25fb0",
}
OTHER_COLOURS = ("#2a9d9a", "#a0785a", "#5b6ee1", "#b8a12e")

FRAME: dict[str, Any] = {"bbox_inches": "tight", "pad_inches": 0.1}
"""All that is drawn and a little air: a square matrix in a wide figure reaches beyond the figure's edges."""

SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.9,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
    "figure.constrained_layout.use": True,
    "svg.hashsalt": "mien",
}
DPI = 130


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw under the style, and leave matplotlib's settings as they were.

    The layout is found once and kept: found anew at each way out, it would depend on the ways out before.
    """

    @wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with rc_context(SETTINGS):
            figure = draw(*args, **kwargs)
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
            return figure

    return inner


def class_colour(name: str, position: int) -> str:
    """The colour of a class, the same in every picture; `position` decides for names without one of their own."""
    return CLASS_COLOURS.get(name, OTHER_COLOURS[position % len(OTHER_COLOURS)])


def percent_axis(axes: Axes, axis: str = "y") -> None:
    """Label an axis of shares in percent, at steps that are whole percents."""
    chosen = axes.xaxis if axis == "x" else axes.yaxis
    chosen.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10]))
    chosen.set_major_formatter(lambda value, _: f"{value * 100:.0f} %")


def write_png(path: Path, figure: Figure) -> None:
    """Write the figure as PNG without date or program name: the same figure gives the same bytes."""
    with rc_context(SETTINGS):
        figure.savefig(path, format="png", dpi=DPI, **FRAME, metadata={"Software": None})


def svg(figure: Figure) -> str:
    """The figure as an SVG document without background, whose ink follows the reader's light or dark theme."""
    stream = io.StringIO()
    with rc_context(SETTINGS):
        figure.savefig(stream, format="svg", transparent=True, **FRAME, metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    light = "".join(f"--{name}:{colour};" for colour, (name, _) in THEME.items())
    dark = "".join(f"--{name}:{colour};" for name, colour in THEME.values())
    for colour, (name, _) in THEME.items():
        text = text.replace(colour, f"var(--{name})")
    sheet = f"<style>:root{{{light}}}@media (prefers-color-scheme: dark){{:root{{{dark}}}}}</style>"
    head, body = text.split("<defs>", 1)
    return f"{head}{sheet}<defs>{body}"
