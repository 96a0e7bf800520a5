"""The task that brings one stage up to date; the same for every stage."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.states import Completed, Failed

from flows.errors import PassingError
from flows.reporting.progress import StageLog
from flows.stages.again import DELAYS, RETRIES
from flows.stages.identity import flow_tags, pass_key, stage_environment
from flows.stages.reproduce import reproduce
from flows.stages.result import CACHED
from mien.errors import MienError


def may_pass(_task: Any, _run: TaskRun, state: State[Any]) -> bool:  # noqa: ANN401 - Prefect's type has six parameters
    """Whether another try can help: an outage passes, a failed expectation does not."""
    return isinstance(state.data, PassingError)


@task(
    name="stage",
    task_run_name="{stage}",
    cache_policy=NO_CACHE,  # DVC is the only cache
    result_serializer="json",
    retries=RETRIES,
    retry_delay_seconds=DELAYS,
    retry_jitter_factor=0.5,
    retry_condition_fn=may_pass,
)
def bring_up_to_date(stage: str, force: bool, pull: bool, unchanged: bool) -> State[Any]:
    """One stage, here. The state's name says what happened: Executed, Cached, Restored or Failed."""
    if unchanged:
        return Completed(name=CACHED, message="nothing has changed")
    log = StageLog(stage)
    environment = stage_environment(pass_key(), flow_tags())
    try:
        result = reproduce(stage, force=force, pull=pull, environment=environment, on_line=log)
    except PassingError:
        raise
    except MienError as error:
        return Failed(message=str(error))
    log.done()
    return Completed(name=result.name, message=result.message)
