"""The stages of a plan, one after the other."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.planning import TRAIN, Plan, make_plan
from flows.reporting.summary import report, summary_line
from flows.server import has_server
from flows.stages.result import Result
from flows.stages.task import bring_up_to_date


def run_pass(names: Sequence[str], forced: Sequence[str], local: bool) -> State[Any]:
    """Plan these stages, run them and leave what people look at; the state that the flow run ends in.

    Raises:
        MienError: as `make_plan`, before anything has run.
    """
    results = list(run_stages(make_plan(names, forced=forced, local=local, has_server=has_server())))
    report(results)
    last = results[-1]
    return Failed(message=last.message) if last.failed else Completed(message=summary_line(results))


def run_stages(plan: Plan) -> Iterator[Result]:
    """Bring each stage up to date; ends after the first one that fails, with its result.

    In the flow's main thread: a cancellation reaches the stage that runs, and DVC allows one at a time in a checkout.
    """
    unchanged = True
    for stage in plan.stages:
        unchanged = unchanged and stage not in plan.stale
        started = time.monotonic()
        state = _bring(stage, plan, unchanged)
        result = Result(stage, state.name or "", state.message or "", time.monotonic() - started, state.is_failed())
        yield result
        if result.failed:
            return


def _bring(stage: str, plan: Plan, unchanged: bool) -> State[Any]:
    """`unchanged`: the plan found nothing to do for this stage, and nothing has run since."""
    state: State[Any]
    if stage == TRAIN and plan.train_elsewhere and not unchanged:
        from flows.stages.elsewhere import bring_up_to_date_elsewhere

        state = bring_up_to_date_elsewhere(stage, stage in plan.forced, return_state=True)
    else:
        state = bring_up_to_date(stage, stage in plan.forced, plan.pull, unchanged, return_state=True)
    return state
