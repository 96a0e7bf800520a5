"""All presets one after the other, and what each came to."""

import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from flows.checkout.overrides import overridden
from flows.comparison.attempt import attempt
from flows.comparison.entries import Entry, in_running_order
from flows.comparison.pace import progress
from flows.comparison.speed import Speed, milliseconds
from flows.reporting.progress import Bar
from flows.reporting.summary import warned
from flows.stages.identity import pass_key
from mien.comparison import Result, collect
from tasks.comparison import run_behind
from tasks.stage import BUILD, stage_folder
from tasks.tracking.store import open_store

MODEL = "model.keras"


def compete(listed: Sequence[Entry], params: Mapping[str, Any], local: bool) -> list[Result]:
    """Run them all in this checkout, which the caller holds; results in the order in which they are listed.

    Args:
        listed: what to run.
        params: settings on top of every preset's.
        local: train in place.
    """
    bar, started, found = Bar("compare"), time.monotonic(), {}
    with tempfile.TemporaryDirectory() as models:
        for done, entry in enumerate(in_running_order(listed)):
            said = progress(done, len(listed), entry.result.name, time.monotonic() - started)
            get_run_logger().info(said)
            bar.show(100 * done / len(listed), said)
            name = entry.result.name
            found[name] = _one(entry, params, local, Path(models) / f"{name}.keras")
        results = _with_speeds([found[entry.result.name] for entry in listed], Path(models))
    bar.fill()
    return results


def _one(entry: Entry, params: Mapping[str, Any], local: bool, model: Path) -> Result:
    """Its figures, read before the next one overwrites them, and its model beside those of the others."""
    result = entry.result
    with overridden(params, None, pass_key(), get_run_logger().warning, entry.sections):
        state: State[Any] = attempt(result.preset, result.protocol, local, return_state=True)
        if not state.is_completed():
            get_run_logger().error("%s has failed: %s", result.name, state.message)
            return replace(result, problem=state.message or "no reason was given")
        shutil.copyfile(stage_folder("train") / MODEL, model)
        found = entry.judged(collect(BUILD))
        with warned("id of the MLflow run"):
            key = pass_key(state.state_details.flow_run_id)
            found = replace(found, run=run_behind(open_store(), key, model))
        return found  # noqa: RET504 - the `with` above may end early


def _with_speeds(results: Sequence[Result], models: Path) -> list[Result]:
    """The results, those that have a model with its milliseconds."""
    paths = {result.name: models / f"{result.name}.keras" for result in results if not result.problem}
    get_run_logger().info("milliseconds per face of %d models", len(paths))
    measured: dict[str, Speed] = {}
    with warned("milliseconds per face"):
        measured = dict(zip(paths, milliseconds(list(paths.values())), strict=True))
    return [
        replace(result, **asdict(measured[result.name])) if result.name in measured else result for result in results
    ]
