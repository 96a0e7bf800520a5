"""Many trainings, the best one kept: the space of section `sweep` of params.yaml as an Optuna study.

    python -m flows.sweep --trials 20
    python -m flows.sweep --apply

Killed at any moment, the same command goes on: ended trials count, the one that ran goes on after its last epoch.
"""

if __name__ == "__main__":
    # Before Prefect is imported: whoever applies a sweep does not wait for it.
    from flows.sweeping.program import main

    main()
    raise SystemExit

from pathlib import Path
from typing import Annotated, Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from flows.checkout.lock import only_run
from flows.checkout.mend import mend_locks
from flows.checkout.overrides import overridden
from flows.checkout.place import enter_checkout
from flows.errors import FlowError
from flows.planning import check_request, make_plan
from flows.recovery.watch import watched
from flows.reporting.notify import notify
from flows.stages.identity import pass_key
from flows.stages.run import run_stages
from flows.sweeping.hold import hold_sweep
from flows.sweeping.log import SweepLines
from flows.sweeping.page import headline, lines, page
from mien.errors import MienError

LAST_STAGE = "augment"
"""What the trials learn from is ready once this one is up to date."""


@flow(
    name="sweep",
    result_serializer="json",
    on_completion=[notify],
    on_failure=[notify],
    on_crashed=[notify],
    on_cancellation=[notify],
)
def sweep(
    trials: Annotated[int, Field(ge=1)] | None = None,
    workers: Annotated[int, Field(ge=1)] | None = None,
    study: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = None,
) -> State[Any]:
    """Try the trainings of section sweep of params.yaml, on validation faces only.

    Args:
        trials: How many trials the study shall have in all, those of earlier runs included; without, sweep.trials.
        workers: Run the trials on so many workers of the pool gpu at a time; without, in one process here.
        study: Name of the study; without, one that stands for data and settings, so that the same ones go on.
    """
    tell = get_run_logger().info
    try:
        enter_checkout()
        with watched(pass_key()), only_run(str(flow_run.name), tell):
            mend_locks(Path.cwd(), get_run_logger().warning)
            with overridden({}, None, pass_key(), get_run_logger().warning):  # what a killed run has left goes first
                if workers is not None:
                    _check_workers()
                _prepare()
                done = hold_sweep(study, trials, workers, SweepLines())
        tell("%s", f"\n{lines(done)}")
        create_markdown_artifact(page(done), key="sweep", description=headline(done))
    except MienError as error:
        return Failed(message=str(error))
    return Completed(message=headline(done))


def _check_workers() -> None:
    from flows.sweeping.workers import check_workers

    check_workers()


def _prepare() -> None:
    """Bring the faces up to date, through DVC.

    Raises:
        FlowError: a stage has failed.
    """
    plan = make_plan(check_request([LAST_STAGE], {}), forced=[], local=True, has_server=False)
    *_, last = run_stages(plan)
    if last.failed:
        raise FlowError(f"{last.stage}: {last.message}")
