"""The figures of this run's model beside those of the promoted one, as a table for people."""

import json
from collections.abc import Mapping
from typing import Any

from tasks.stage import stage_folder

FIGURES = {"accuracy": "accuracy", "macro_f1": "macro F1", "m_measure": "M measure", "ece": "calibration error"}
SIDES = ("official", "clean")


def figures_table(champion: Mapping[str, str]) -> str:
    """Markdown table of the official and clean figures.

    Args:
        champion: tags of the promoted version (`official.accuracy`, ...), empty where none is promoted.
    """
    metrics = json.loads((stage_folder("evaluate") / "metrics.json").read_text(encoding="utf-8"))
    promoted = f"champion, version {champion['version']}" if champion else "champion (none yet)"
    rows = [_row(metrics[side], side, name, champion) for side in SIDES for name in FIGURES if name in metrics[side]]
    statement = metrics["protocol"]["statement"]
    return "\n".join(
        [
            *([f"**{statement}**", ""] if statement else []),
            f"| figure | this run | {promoted} | difference |",
            "|---|---|---|---|",
            *rows,
            "",
            f"Test rows: {metrics['test_usage']}; intervals in brackets. Figures of the champion are those of its own "
            "registration; `python -m flows.promote` scores both anew on the same rows.",
        ]
    )


def _row(figures: Mapping[str, Any], side: str, name: str, champion: Mapping[str, str]) -> str:
    value = float(figures[name])
    interval = figures.get(f"{name}_interval")
    shown = f"{value:.3f}" + (f" ({interval['low']:.3f} to {interval['high']:.3f})" if interval else "")
    theirs = champion.get(f"{side}.{name}")
    beside = f"{float(theirs):.3f} | {value - float(theirs):+.3f}" if theirs is not None else "- | -"
    return f"| {side} {FIGURES[name]} | {shown} | {beside} |"
