"""The figures of a pass of the pipeline, read from what its stages have written."""

import hashlib
import json
from pathlib import Path
from typing import Any

from mien.comparison.result import ALL, CLEAN, NONE, TWINS
from mien.labels import USAGES
from mien.params import Preparation

DIGITS = 8
"""Of a fingerprint: enough to tell two data sets apart."""


def collect(build: Path) -> dict[str, Any]:
    """Figures of the pass whose outputs are in `build`, by the names of `Result`.

    To be called before the next pass overwrites them.

    Args:
        build: folder with the stages' folders, complete up to `evaluate`.
    """
    metrics = _read(build / "evaluate" / "metrics.json")
    return {
        **_soundness(metrics["protocol"]),
        **_side(metrics["official"], "official"),
        **_side(metrics["clean"], "clean"),
        "macro_f1": metrics["official"]["macro_f1"],
        "ece": metrics["official"]["ece"],
        "usage": metrics["test_usage"],
        "test_rows": metrics["official"]["n"],
        "clean_rows": metrics["clean"]["n"],
        "classes": len(_read(build / "split" / "classes.json")),
        **_training(_read(build / "train" / "summary.json")["metrics"]),
        "train_rows": _read(build / "augment" / "summary.json")["metrics"]["originals"],
        "data": _data(build / "ingest" / "fingerprint.json"),
    }


def _soundness(protocol: dict[str, Any]) -> dict[str, str]:
    """Which accuracies can be believed, and why not the others."""
    return {"believable": _believable(protocol), "fault": protocol["statement"]}


def _believable(protocol: dict[str, Any]) -> str:
    """Clean leaves out the faces whose very image taught, not those whose near twin did or whose twin chose."""
    if protocol["sound"]:
        return ALL
    if protocol["test_in_training"] or protocol["test_in_validation"]:
        return NONE
    others = ("twins_in_validation", "near_in_training", "near_in_validation")
    return TWINS if any(protocol[name] for name in others) else CLEAN


def _data(path: Path) -> str:
    """Which faces these are: name of the source, rows, first digits of the fingerprint's MD5, and what the licence is.

    How they were prepared is said where it is not FER2013's way, the one of all that was published. Of a licence the
    first sentence: that of drawn faces says that they are drawn.
    """
    facts = _read(path)
    source = facts["source"]
    names = ", ".join(file["name"] for file in source["files"]) or f"{source['pictures']['files']:,} pictures"
    usages = ", ".join(f"{name} {facts['usages'][name]['rows']:,}" for name in USAGES if name in facts["usages"])
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()[:DIGITS]
    prepared = Preparation.read(path.parent)
    size = f" of {prepared}" if prepared != Preparation() else ""
    said = f"{names} ({source['kind']}), {facts['accepted']:,} faces{size} ({usages}), fingerprint {digest}."
    licence = " ".join((facts["licence"] or "").split()).partition(". ")[0].rstrip(".")
    return f"{said} {licence}." if licence else said


def _side(figures: dict[str, Any], name: str) -> dict[str, float]:
    """Accuracy and its interval; nothing where the side has no row."""
    if not figures["n"]:
        return {}
    interval = figures["accuracy_interval"]
    return {name: figures["accuracy"], f"{name}_low": interval["low"], f"{name}_high": interval["high"]}


def _training(metrics: dict[str, Any]) -> dict[str, float | int]:
    return {
        "parameters": int(metrics["parameters"]),
        "images_per_second": metrics["images_per_second"],
        "seconds_per_epoch": metrics["seconds"] / metrics["epochs"],
        "epochs": int(metrics["epochs"]),
    }


def _read(path: Path) -> Any:  # noqa: ANN401 - JSON
    return json.loads(path.read_text(encoding="utf-8"))
