"""Settings and data of one run only: written into the checkout for its time, put back after it, whatever happens."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from flows.checkout.child import run_dvc
from flows.checkout.graph import DATA, Graph
from flows.errors import FlowError
from mien.params import PARAMS_FILE, Params, parse_params

KEPT = Path(".mien/overridden")
"""The files as they were, while a run has its own."""


def check_params(overrides: Mapping[str, Any]) -> tuple[str, Params]:
    """Text of params.yaml with the overrides in it, and its checked view.

    Args:
        overrides: dotted keys (`train.epochs`) or nested sections.

    Raises:
        ParamsError: the result does not validate; nothing is written.
    """
    content = yaml.safe_load(PARAMS_FILE.read_text(encoding="utf-8")) or {}
    for key, value in overrides.items():
        _merge(content, key.split("."), value)
    text = yaml.safe_dump(content, sort_keys=False)
    return text, parse_params(content, "params of this run")


def _merge(content: dict[str, Any], keys: list[str], value: object) -> None:
    """Set a nested key; a section given as a mapping is merged key by key."""
    first, *rest = keys
    if rest:
        if not isinstance(content.get(first), dict):
            content[first] = {}
        _merge(content[first], rest, value)
    elif isinstance(value, Mapping) and isinstance(content.get(first), dict):
        for key, inner in value.items():
            _merge(content[first], [str(key)], inner)
    else:
        content[first] = value


@contextmanager
def overridden(overrides: Mapping[str, Any], data_revision: str | None) -> Iterator[None]:
    """The checkout with these settings and this version of the data, and afterwards as it was.

    What has been made from them stays in build/ and in DVC's cache; the next run of the old settings takes its results
    from there.

    Raises:
        ParamsError: the settings do not validate.
        FlowError: no such revision, or data/ holds what data.dvc does not name.
    """
    put_back()
    if not overrides and not data_revision:
        yield
        return
    text, _ = check_params(overrides)
    pointer = _pointer_of(data_revision) if data_revision else None
    _keep()
    try:
        if overrides:
            PARAMS_FILE.write_text(text, encoding="utf-8")
        if pointer is not None:
            Path(DATA).write_text(pointer, encoding="utf-8")
            run_dvc("pull", DATA)
        yield
    finally:
        put_back()


def put_back() -> None:
    """Put the files back that a run, perhaps a killed one, has overridden; nothing to do is fine."""
    if not (KEPT / "complete").exists():
        shutil.rmtree(KEPT, ignore_errors=True)
        return
    for path in (Path(DATA), PARAMS_FILE):
        if (KEPT / path).exists() and (KEPT / path).read_bytes() != path.read_bytes():
            shutil.copyfile(KEPT / path, path.with_name(f"{path.name}.tmp"))
            path.with_name(f"{path.name}.tmp").replace(path)
            if path.name == DATA:
                run_dvc("checkout", DATA)
    shutil.rmtree(KEPT)


def _keep() -> None:
    """Keep both files; `complete` is written last, so that half a copy is never put back."""
    KEPT.mkdir(parents=True)
    for path in (Path(DATA), PARAMS_FILE):
        if path.exists():
            shutil.copyfile(path, KEPT / path)
    os.sync()
    (KEPT / "complete").write_text(json.dumps({"pid": os.getpid()}) + "\n", encoding="utf-8")


def _pointer_of(revision: str) -> str:
    """The data.dvc of a git revision."""
    shown = subprocess.run(["git", "show", f"{revision}:{DATA}"], capture_output=True, text=True, check=False)
    if shown.returncode:
        raise FlowError(
            f"data revision {revision!r}: {shown.stderr.strip()}. "
            "It must be a commit, tag or branch of this repository whose tree holds data.dvc."
        )
    if changed := Graph().changes([DATA]):
        raise FlowError(
            f"data/ is not what data.dvc names ({changed[DATA]}): another version would overwrite it. "
            "Run `dvc add data` (or `dvc checkout data.dvc` to drop your changes) first."
        )
    return shown.stdout
