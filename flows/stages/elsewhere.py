"""The task that has the training done by a worker of the pool gpu, and takes the result through DVC."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.tasks import exponential_backoff

from flows.errors import PassingError
from flows.reporting.progress import StageLog
from flows.stages.identity import flow_tags, pass_key
from flows.stages.result import CACHED, EXECUTED, RESTORED
from flows.stages.task import may_pass
from mien.errors import MienError


@task(
    name="stage elsewhere",
    task_run_name="{stage}",
    cache_policy=NO_CACHE,  # DVC is the only cache
    result_serializer="json",
    retries=2,
    retry_delay_seconds=exponential_backoff(10),
    retry_jitter_factor=0.5,
    retry_condition_fn=may_pass,
)
def bring_up_to_date_elsewhere(stage: str, force: bool) -> State[Any]:
    """One stage, on a worker. Executed means there; Restored means that somebody had done it before."""
    from flows.checkout.graph import Graph
    from flows.remote.elsewhere import train_elsewhere

    if not force and not Graph().changes([stage]):
        return Completed(name=CACHED, message="nothing has changed")
    try:
        result = train_elsewhere(stage, key=pass_key(), tags=flow_tags(), force=force, log=StageLog(stage))
    except PassingError:
        raise
    except MienError as error:
        return Failed(message=str(error))
    if result.restored:
        return Completed(name=RESTORED, message="from the run cache; nothing was trained")
    return Completed(name=EXECUTED, message=f"on {result.host} in {result.seconds:.0f} s, run {result.flow_run_id}")
