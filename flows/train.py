"""Training on a worker: deployment `train/train` on the work pool `gpu`, started by the pipeline.

    prefect worker start --pool gpu --type process

The worker needs a checkout of this project with its environment, a git remote and a DVC remote that the pipeline's
machine reaches too (`MIEN_GIT_REMOTE`, `MIEN_DVC_REMOTE`), and a GPU, unless it says `MIEN_ALLOW_CPU=true`.
"""

import json
from typing import Annotated, Any

from prefect import flow, get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from flows.checkout.place import enter_checkout
from flows.errors import PassingError
from flows.recovery.watch import watched
from flows.remote.dispatch import INTERRUPTED
from flows.remote.work import Done, Work, do
from flows.reporting.progress import StageLog
from mien.errors import MienError


@flow(name="train", flow_run_name="{stage} for {key}", result_serializer="json")
def train(
    commit: Annotated[str, Field(pattern="^[0-9a-f]{40}$")],
    ref: Annotated[str, Field(pattern="^refs/[A-Za-z0-9._/-]+$")],
    key: Annotated[str, Field(pattern="^[A-Za-z0-9._@-]+$")],
    tags: dict[str, str] | None = None,
    tracking_uri: str | None = None,
    stage: Annotated[str, Field(pattern="^[a-z][a-z0-9_-]*$")] = "train",
    force: bool = False,
) -> State[Any]:
    """Run one stage in this worker's own clone, and leave its result at the DVC remote.

    Args:
        commit: SHA of the commit to run.
        ref: Where the git remote has it, e.g. "refs/heads/main".
        key: Names the MLflow run that it belongs to; the pipeline takes "prefect-" and the id of its flow run.
        tags: Put on the MLflow run.
        tracking_uri: The MLflow server; the worker's own MLFLOW_TRACKING_URI goes before it.
        stage: The stage of dvc.yaml to run.
        force: Run it from its start, though it was done before; a run that goes on after one that was killed goes on.
    """
    enter_checkout()
    here = {"prefect.train.id": str(flow_run.id), "prefect.train.url": str(flow_run.ui_url)}
    log = StageLog(stage)
    try:
        with watched():
            done = do(Work(commit, ref, key, {**(tags or {}), **here}, tracking_uri, stage, force), log)
    except PassingError as error:
        return Failed(name=INTERRUPTED, message=str(error))
    except MienError as error:
        return Failed(message=str(error))
    log.done()
    report(done)
    return Completed(name=done.result.name, message=f"on {done.host}: {done.result.message}")


def report(done: Done) -> None:
    """Put what the pipeline has to know on this flow run, as labels: its result would be a file on this machine."""
    labels: dict[str, Any] = {
        "mien.host": done.host,
        "mien.seconds": done.result.seconds,
        "mien.outputs": json.dumps(dict(done.outputs)),
    }
    with get_client(sync_client=True) as client:
        client.update_flow_run_labels(flow_run.id, labels)
