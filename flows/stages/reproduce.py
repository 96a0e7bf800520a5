"""Bring one stage up to date in this checkout, through DVC."""

import json
import time
from collections.abc import Callable, Mapping

from flows.checkout.child import CommandFailedError, run_dvc
from flows.checkout.graph import Graph
from flows.errors import FlowError
from flows.stages.result import CACHED, EXECUTED, Result, explain, kind
from tasks.stage import SUMMARY, stage_folder


def reproduce(
    stage: str,
    *,
    force: bool,
    pull: bool,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
) -> Result:
    """Run `dvc repro --single-item` where DVC says that something has changed.

    Args:
        stage: its name in dvc.yaml.
        force: run it also when nothing has changed.
        pull: look for missing data and for results of the same run in the default remote too.
        environment: variables for the stage.
        on_line: called with every line that DVC and the stage say.

    Raises:
        PassingError: a server or a remote did not answer; the same call may work later.
        FlowError: the stage failed, or DVC says that it is done when it is not.
    """
    started = time.monotonic()
    if not force and not Graph().changes([stage]):
        return Result(stage, CACHED, "nothing has changed", time.monotonic() - started)
    flags = [flag for flag, wanted in (("--force", force), ("--pull", pull)) if wanted]
    try:
        lines = run_dvc("repro", "--single-item", *flags, stage, environment=environment, on_line=on_line)
    except CommandFailedError as error:
        raise explain(stage, error) from error
    seconds = time.monotonic() - started
    if left := Graph().changes([stage]):
        raise FlowError(f"{stage}: DVC says that it is done, but not all is in its place: {left[stage]}")
    return Result(stage, kind(lines), _own_words(stage, lines), seconds)


def _own_words(stage: str, lines: list[str]) -> str:
    """What the stage has to say: the notes of its summary where it ran, else how DVC or the stage put it."""
    summary = stage_folder(stage) / SUMMARY
    if kind(lines) == EXECUTED and summary.exists():
        return "; ".join(json.loads(summary.read_text(encoding="utf-8"))["notes"])
    said = [line.removeprefix(f"{stage}: ") for line in lines if line.startswith(f"{stage}: ")]
    return "; ".join(said) or next((line for line in lines if f"'{stage}'" in line), "up to date")
