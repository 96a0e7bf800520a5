"""What is left of a judgement: figures for programs, one page for people, and lines for the terminal."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import ChoiceLoader, PackageLoader

from mien.datasets.table import REFUSED, REFUSED_COLUMNS
from mien.durable import write_text
from mien.judge.asking import Asked
from mien.judge.judgement import Judgement
from mien.report.page import environment

RESULT, PAGE = "judged.json", "report.html"


def record(judged: Judgement, asked: Asked, model: Mapping[str, Any], data: str) -> dict[str, Any]:
    """All facts as plain values; `model` says which one it is, `data` what was read."""
    return {
        "model": dict(model),
        "data": data,
        "usages": list(judged.usages),
        "read": asked.read,
        "refused": asked.reasons,
        "left_out": dict(judged.left_out),
        "other_usages": asked.read - len(asked.refusals) - judged.figures["n"] - sum(judged.left_out.values()),
        "absent": list(judged.absent),
        "figures": dict(judged.figures),
        "confusion": judged.confusion.tolist(),
        "classes": list(judged.classes),
        "merged": dict(asked.model.merged),
    }


def write(folder: Path, facts: Mapping[str, Any], asked: Asked) -> None:
    """Write judged.json, report.html and refused.parquet; the same facts give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(facts, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(folder / RESULT, text + "\n")
    write_text(folder / PAGE, page(facts))
    refused = pd.DataFrame(asked.refusals, columns=list(REFUSED_COLUMNS))
    refused.to_parquet(folder / REFUSED, index=False)


def page(facts: Mapping[str, Any]) -> str:
    """The report as HTML; everything is inside the one file."""
    loader = ChoiceLoader([PackageLoader("mien.judge", "."), PackageLoader("mien.report", ".")])
    return environment().overlay(loader=loader).get_template("judge.html.j2").render(facts=facts)


def lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """What the terminal says."""
    figures = facts["figures"]
    yield f"read {facts['data']}"
    yield f"{figures['n']:,} faces of {' and '.join(facts['usages'])} judged, of {facts['read']:,} rows; {_rest(facts)}"
    if facts["merged"]:
        yield f"learnt as another class, and so judged: {_merged(facts)}"
    if facts["absent"]:
        yield f"no face of {', '.join(facts['absent'])} here: such an answer counts as wrong"
    accuracy, f1 = (figures[f"{name}_interval"] for name in ("accuracy", "macro_f1"))
    yield f"accuracy {figures['accuracy']:.1%} ({accuracy['low']:.1%} to {accuracy['high']:.1%})"
    yield f"macro F1 {figures['macro_f1']:.3f} ({f1['low']:.3f} to {f1['high']:.3f})"


def _merged(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{label} as {name}" for label, name in facts["merged"].items())


def _rest(facts: Mapping[str, Any]) -> str:
    """What became of the rows that were not judged."""
    left_out = ", ".join(f"{count:,} {label or 'without a label'}" for label, count in facts["left_out"].items())
    refused = ", ".join(f"{count:,} {reason}" for reason, count in facts["refused"].items())
    return (
        f"no class of the model: {left_out or 'none'}; of another Usage: {facts['other_usages']:,}; "
        f"refused: {refused or 'none'}"
    )


def matrix(facts: Mapping[str, Any]) -> Iterator[str]:
    """The confusion matrix as text: the label down, the answer across; labels without a face are left out."""
    names = facts["classes"]
    widths = [max(len(name), *(len(f"{row[at]:,}") for row in facts["confusion"])) for at, name in enumerate(names)]
    first = max(map(len, ["label", *names]))
    yield " ".join(["label".ljust(first), *(name.rjust(width) for name, width in zip(names, widths, strict=True))])
    for name, row in zip(names, facts["confusion"], strict=True):
        if any(row):
            yield " ".join([name.ljust(first), *(f"{n:,}".rjust(w) for n, w in zip(row, widths, strict=True))])
