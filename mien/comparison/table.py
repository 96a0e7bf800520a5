"""The comparison as a table: for programs (a frame, CSV) and for people (Markdown)."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby

import pandas as pd

from mien.comparison.result import CLEAN, NONE, PROTOCOL_NAMES, TWINS, Result
from mien.labels import USAGES

DECIMALS = 6
COUNTS = ("classes", "test_rows", "clean_rows", "train_rows", "parameters", "epochs", "batch")
"""Columns of whole numbers, which may be missing."""

TOGETHER, TO = "&nbsp;", "–&#8288;"
"""A space and a dash at which no line ends."""

DASH = "–"
"""Stands for what nobody has published or measured."""

LEGEND = (
    "Accuracy with its interval: *official*, of all test faces, and *clean*, of those without a pixel-identical twin "
    "among the Training faces. *Speed*, under the sound protocol where that was run: images a second and epochs × "
    "seconds, as they were when the network was trained, perhaps on another day and machine; milliseconds for one face "
    "alone and for one in a batch{of}, all measured side by side for this table."
)
WITH_TWINS = (
    "*With twins*: test faces have identical twins among those that were learned from, so that only the clean accuracy "
    "can be believed; neither can be fully, where twins chose the weights."
)


def table(results: Sequence[Result]) -> pd.DataFrame:
    """One row a result; the columns are the fields of `Result` behind `name`, which is preset and protocol.

    Of a problem there is what may be published.
    """
    frame = pd.DataFrame([{"name": result.name, **asdict(result), "problem": result.reason} for result in results])
    return frame.astype(dict.fromkeys(COUNTS, "Int64")).round(DECIMALS)


def markdown(results: Sequence[Result]) -> str:
    """One row a preset, ours under its protocols side by side; below, what is wrong with one and why one has failed.

    Args:
        results: those of a preset beside each other.
    """
    protocols = [name for name in PROTOCOL_NAMES if any(result.protocol == name for result in results)]
    ours = [f"ours, {PROTOCOL_NAMES[protocol]} protocol" for protocol in protocols]
    head = ["preset", "published", *ours, "speed"]
    presets = [list(group) for _, group in groupby(results, lambda result: result.preset)]
    rows = [head, [":--"] * len(head), *(_row(preset, protocols) for preset in presets)]
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), "", _legend(results), *_notes(results), ""])


def _row(preset: Sequence[Result], protocols: Sequence[str]) -> list[str]:
    """Cells of one preset, whose results these are."""
    by_protocol = {result.protocol: result for result in preset}
    ran = [result for result in reversed(preset) if not result.problem]
    costs = ran[0] if ran else preset[0]
    ours = [_ours(by_protocol[name]) if name in by_protocol else DASH for name in protocols]
    return [_network(costs), _published(costs), *ours, _speed(costs)]


def _network(result: Result) -> str:
    parts = [(result.classes, "classes"), (result.parameters, "parameters")]
    return "<br>".join([f"`{result.preset}`", *(f"{count:,} {what}" for count, what in parts if count is not None)])


def _published(result: Result) -> str:
    if result.published is None:
        return DASH
    return "<br>".join(part for part in (f"{result.published:.1%}", result.published_test) if part)


def _ours(result: Result) -> str:
    """Both accuracies, and the rows that they are of."""
    if result.official is None:
        return f"**{result.mark}**" if result.mark else DASH
    clean = DASH if result.clean is None else _accuracy(result.clean, result.clean_low, result.clean_high)
    lines = [
        _accuracy(result.official, result.official_low, result.official_high),
        f"clean{TOGETHER}{clean}",
        f"<sub>{result.test_rows:,} of {_usage(result)}, F1 {result.macro_f1:.2f}, ECE {result.ece:.2f}</sub>",
    ]
    return "<br>".join([*([f"**{result.mark}**"] if result.mark else []), *lines])


def _accuracy(value: float, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"**{value:.1%}**"
    return f"**{value:.1%}**{TOGETHER}({low * 100:.1f}{TO}{high * 100:.1f})"


def _usage(result: Result) -> str:
    return "all Usages" if result.usage == "+".join(USAGES) else str(result.usage)


def _speed(result: Result) -> str:
    lines = []
    if result.images_per_second is not None:
        lines = [f"{result.images_per_second:,.0f} images/s", f"{result.epochs} × {result.seconds_per_epoch:,.1f} s"]
    known = [value for value in (result.ms_per_face, result.ms_per_face_in_batch) if value is not None]
    if known:
        lines.append(", ".join(format(value, ".1f" if value >= 1 else ".2f") for value in known) + " ms")
    return "<br>".join(line.replace(" ", TOGETHER) for line in lines) or DASH


def conditions(results: Sequence[Result]) -> list[str]:
    """What the figures are of: what was set on top of the presets, and the faces, a sentence each."""
    settings = [f"All with {said}." for said in _distinct(result.settings for result in results)]
    return [*settings, *(f"Data: {said}" for said in _distinct(result.data for result in results))]


def _distinct(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]


def _legend(results: Sequence[Result]) -> str:
    sizes = dict.fromkeys(f" of {result.batch}" for result in results if result.batch)
    return LEGEND.format(of=" or".join(sizes))


def _notes(results: Sequence[Result]) -> list[str]:
    """Conditions, and what the marks in the cells mean; bullets are a line each, with an empty one before."""
    said = [
        *((result, result.fault) for result in results if result.believable in (TWINS, NONE)),
        *((result, f"has failed: {result.reason}") for result in results if result.problem),
    ]
    bullets = [f"- {result.name}: {' '.join(why.split())}" for result, why in said]
    twins = [WITH_TWINS] if any(result.believable in (CLEAN, TWINS) for result in results) else []
    paragraphs = [line for text in (*conditions(results), *twins) for line in ("", text)]
    return [*paragraphs, *(["", *bullets] if bullets else [])]
