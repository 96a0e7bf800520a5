"""The orchestrator's side: have a stage run on a worker, and take its result through DVC's run cache."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flows.errors import FlowError
from flows.recovery.killed import end_tracking_run
from flows.remote.dispatch import LostError, run_on_worker
from flows.remote.inputs import check_complete, inputs_of, push_inputs
from flows.remote.meeting import dvc_remote, git_url
from flows.remote.results import restore
from flows.remote.snapshot import take_snapshot
from mien.errors import MienError
from mien.training.checkpoints import differences
from tasks.tracking.store import tracking_uri, without_login

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

Tell = Callable[[str], None]


@dataclass(frozen=True)
class RemoteResult:
    """What came of it: `restored` where somebody had done it before and nothing ran, else which run did it and where.

    `seconds` is what the stage took on the worker, without the ways there and back.
    """

    restored: bool
    flow_run_id: str | None = None
    host: str | None = None
    seconds: float = 0.0


def train_elsewhere(stage: str, *, key: str, tags: Mapping[str, str], force: bool, log: Tell) -> RemoteResult:
    """Have a worker of the pool gpu run a stage for this checkout; afterwards it is up to date here.

    To be called within a flow run. What another machine has done before is taken from the DVC remote. A worker that
    dies is replaced once.

    Args:
        stage: its name in dvc.yaml; its outputs are cached by DVC, all of them.
        key: names the MLflow run.
        tags: for the MLflow run.
        force: have it run there though it was done before, and take what comes of it this time.
        log: takes lines for people.

    Raises:
        PassingError: a remote or a server does not answer.
        FlowError: stages before it are not up to date, no worker lives, or the run there has failed.
    """
    remote = dvc_remote().name
    check_complete(stage)
    if not force and restore(stage, remote):
        log(f"{stage}: the result was in the run cache of the DVC remote {remote!r}")
        return RemoteResult(restored=True)
    push_inputs(stage, remote)
    inputs = inputs_of(stage)
    snapshot = take_snapshot(git_url(push=True), log)
    log(f"{stage}: inputs are at the DVC remote {remote!r}, the work tree is commit {snapshot.commit[:12]}")
    place = {"commit": snapshot.commit, "ref": snapshot.ref}
    order = {**place, "key": key, "tags": {**tags, **snapshot.tags}, "tracking_uri": public_uri()}
    run = _run({**order, "stage": stage, "force": force}, log)
    _take(stage, remote, run, inputs)
    return RemoteResult(False, str(run.id), str(run.labels["mien.host"]), float(str(run.labels["mien.seconds"])))


def public_uri() -> str:
    """Address of the MLflow server without user and password, which each machine has for itself."""
    return without_login(tracking_uri())


def _run(order: Mapping[str, Any], log: Tell) -> "FlowRun":
    name = f"{order['stage']} for {order['key']}"
    try:
        return _end_tracking_with_it(order, name, log)
    except LostError as error:
        log(f"{error}. It is sent once more; the same worker goes on from its last checkpoint.")
    try:
        return _end_tracking_with_it(order, name, log)
    except LostError as error:
        raise FlowError(f"{error}. It was the second time, so it is not sent again.") from error


def _end_tracking_with_it(order: Mapping[str, Any], name: str, log: Tell) -> "FlowRun":
    try:
        return run_on_worker(order, name, log)
    except FlowError:
        with suppress(MienError):  # the store does not answer: why the run ended matters more
            end_tracking_run(str(order["key"]))
        raise


def _take(stage: str, remote: str, run: "FlowRun", inputs: Mapping[str, Any]) -> None:
    outputs = json.loads(str(run.labels["mien.outputs"]))
    if not restore(stage, remote, outputs):
        changed = ", ".join(differences(inputs, inputs_of(stage))) or "what it reads was changed and put back"
        raise FlowError(
            f"{stage} has run, but its result does not fit this checkout any more: {changed}. It is kept at the DVC "
            f"remote {remote!r} and taken from there once all is as it was."
        )
