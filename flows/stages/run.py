"""The stages of a plan, one after the other."""

import time
from collections.abc import Iterator
from typing import Any

from prefect.client.schemas.objects import State

from flows.planning import TRAIN, Plan
from flows.stages.result import CACHED, Result
from flows.stages.task import bring_up_to_date


def run_stages(plan: Plan) -> Iterator[Result]:
    """Bring each stage up to date; ends after the first one that fails, with its result.

    In the flow's main thread: a cancellation reaches the stage that runs, and DVC allows one at a time in a checkout.
    """
    for stage in plan.stages:
        started = time.monotonic()
        result = _result(stage, _bring(stage, plan), time.monotonic() - started)
        yield result
        if result.failed:
            return


def _bring(stage: str, plan: Plan) -> State[Any]:
    if stage == TRAIN and plan.train_elsewhere:
        from flows.stages.elsewhere import bring_up_to_date_elsewhere

        state: State[Any] = bring_up_to_date_elsewhere(stage, return_state=True)
        return state
    state = bring_up_to_date(stage, stage in plan.forced, plan.pull, return_state=True)
    return state


def _result(stage: str, state: State[Any], seconds: float) -> Result:
    return Result(stage, state.name or CACHED, state.message or "", seconds, failed=not state.is_completed())
