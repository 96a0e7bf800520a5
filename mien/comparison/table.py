"""The comparison as a table: for programs (a frame, CSV) and for people (Markdown)."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

import pandas as pd

from mien.comparison.result import PROTOCOL_NAMES, Result

DECIMALS = 6
COUNTS = ("classes", "test_rows", "clean_rows", "train_rows", "parameters", "epochs")
"""Columns of whole numbers, which may be missing."""

DASH = "–"
"""Stands for what nobody has published or measured."""


def table(results: Sequence[Result]) -> pd.DataFrame:
    """One row a result; the columns are the fields of `Result` behind `name`, which is preset and protocol."""
    frame = pd.DataFrame([{"name": result.name, **asdict(result)} for result in results])
    return frame.astype(dict.fromkeys(COUNTS, "Int64")).round(DECIMALS)


def markdown(results: Sequence[Result]) -> str:
    """The table for people, and below it what is wrong with a protocol and why a run has failed."""
    return "\n".join(
        [
            f"| {' | '.join(COLUMNS)} |",
            f"|{'|'.join([':--', ':--', *['--:'] * (len(COLUMNS) - 2)])}|",
            *(f"| {' | '.join(show(result) for show in COLUMNS.values())} |" for result in results),
            "",
            LEGEND,
            *_notes(results),
            "",
        ]
    )


LEGEND = (
    "Accuracies with their intervals. *Official*: all test faces; *clean*: those without a pixel-identical twin among "
    "the Training faces. *Images/s*: in training; *ms/face*: one face alone, and one in a batch of 256."
)


def _protocol(result: Result) -> str:
    shown = PROTOCOL_NAMES[result.protocol]
    return f"{shown}<br>**{result.mark}**" if result.mark else shown


def _share(value: float | None) -> str:
    return DASH if value is None else f"{value:.1%}"


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    """Also where only the interval is missing."""
    if value is None or low is None or high is None:
        return _share(value)
    return f"**{value:.1%}**<br>{low * 100:.1f} to {high * 100:.1f}"


def _published(result: Result) -> str:
    where = f"<br>{result.published_test}" if result.published is not None and result.published_test else ""
    return f"{_share(result.published)}{where}"


def _test(result: Result) -> str:
    if result.test_rows is None:
        return DASH
    return f"{result.test_rows:,} {result.usage}<br>{result.classes} classes"


def _number(value: float | None, form: str) -> str:
    return DASH if value is None else format(value, form)


def _milliseconds(result: Result) -> str:
    known = [value for value in (result.ms_per_face, result.ms_per_face_in_batch) if value is not None]
    return "<br>".join(format(value, ".1f" if value >= 1 else ".2f") for value in known) or DASH


COLUMNS: dict[str, Callable[[Result], str]] = {
    "preset": lambda result: f"`{result.preset}`",
    "protocol": _protocol,
    "published": _published,
    "official": lambda result: _interval(result.official, result.official_low, result.official_high),
    "clean": lambda result: _interval(result.clean, result.clean_low, result.clean_high),
    "macro F1": lambda result: _number(result.macro_f1, ".3f"),
    "ECE": lambda result: _number(result.ece, ".3f"),
    "test faces": _test,
    "parameters": lambda result: _number(result.parameters, ","),
    "images/s": lambda result: _number(result.images_per_second, ",.0f"),
    "s/epoch": lambda result: _number(result.seconds_per_epoch, ",.1f"),
    "epochs": lambda result: _number(result.epochs, ","),
    "ms/face": _milliseconds,
}
"""Headings of the table for people, and what stands below them."""


def _notes(results: Sequence[Result]) -> list[str]:
    """Bullets, each on one line; an empty line before the first."""
    said = [
        *((result, result.fault) for result in results if result.fault),
        *((result, f"has failed: {result.problem}") for result in results if result.problem),
    ]
    notes = [f"- {result.name}: {' '.join(why.split())}" for result, why in said]
    return ["", *notes] if notes else []
