"""The worker's side: take exactly the commit and its inputs, run the stage, leave the result at the DVC remote."""

import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.errors import FlowError
from flows.remote.clone import own_clone
from flows.remote.gpu import check_gpu
from flows.remote.inputs import pull_inputs, transfer
from flows.remote.packages import check_packages
from flows.remote.results import made_by
from flows.stages.identity import stage_environment
from flows.stages.reproduce import reproduce
from flows.stages.result import Result
from tasks.stage import stage_folder

TRACKING = "MLFLOW_TRACKING_URI"

FORCED = Path(".mien/forced")
"""In the clone: key of the last forced work."""


@dataclass(frozen=True)
class Work:
    """What a worker is asked for.

    `commit` is at `ref` of the git remote, `key` names the MLflow run, `tags` are for it, `tracking_uri` is where it is
    kept unless the worker has an `MLFLOW_TRACKING_URI` of its own, `stage` is run; with `force`
    from its start, though it was done before.
    """

    commit: str
    ref: str
    key: str
    tags: Mapping[str, str]
    tracking_uri: str | None
    stage: str
    force: bool


@dataclass(frozen=True)
class Done:
    """What came of it: a result as of any stage, the machine, and the MD5 of each output."""

    result: Result
    host: str
    outputs: Mapping[str, str]


def do(work: Work, tell: Callable[[str], None]) -> Done:
    """Do the work in this worker's own clone.

    Args:
        work: what to do.
        tell: takes lines for people, those of the stage too.

    Raises:
        PassingError: a remote or the tracking server does not answer.
        FlowError: this worker cannot do it, or the stage has failed.
    """
    tracking = _tracking(work)
    with own_clone(work.key, work.commit, work.ref, tell) as remote:
        check_packages(Path("uv.lock"))
        check_gpu()
        started = time.monotonic()
        pull_inputs(work.stage, remote.name)
        tell(f"code and inputs of {work.commit[:12]} are here after {time.monotonic() - started:.1f} s")
        environment = stage_environment(work.key, work.tags) | {TRACKING: tracking}
        if work.force:
            _start_anew(work)
        result = reproduce(work.stage, force=work.force, pull=False, environment=environment, on_line=tell)
        transfer("push", remote.name, "--run-cache", work.stage)
        return Done(result, platform.node(), made_by(work.stage))


def _start_anew(work: Work) -> None:
    """Drop the checkpoints of earlier work, but not those of this same work, sent again after its worker has died."""
    from tasks.train import CHECKPOINTS

    if FORCED.exists() and FORCED.read_text(encoding="utf-8") == work.key:
        return
    shutil.rmtree(stage_folder(work.stage) / CHECKPOINTS, ignore_errors=True)
    FORCED.parent.mkdir(exist_ok=True)
    FORCED.write_text(work.key, encoding="utf-8")


def _tracking(work: Work) -> str:
    uri = os.environ.get(TRACKING) or work.tracking_uri
    if not uri:
        raise FlowError(f"this worker is told of no MLflow server: set {TRACKING} in its environment.")
    return uri
