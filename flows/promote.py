"""Champion against challenger: the better one on the same test faces has the alias `champion`.

    python -m flows.promote
    python -m flows.promote --rollback

Both are scored anew, on rows that neither has learned from; the gates are the section `promote` of params.yaml.
"""

if __name__ == "__main__":
    # Before Prefect is imported: a rollback does not wait for it.
    from flows.promotion.program import main

    main()
    raise SystemExit

from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.checkout import kept
from flows.checkout.lock import only_run
from flows.checkout.place import enter_checkout
from flows.errors import FlowError
from flows.promotion.approval import check_approvable, wait_for_approval
from flows.promotion.contest import compete
from flows.promotion.ending import Ending
from flows.promotion.page import headline, lines, page
from flows.promotion.rollback import open_registry, restore_previous
from flows.promotion.trial import Trial, hold_trial
from flows.reporting.notify import notify
from mien.errors import MienError
from mien.params import load_params
from tasks.registry.entry import Standing


@flow(
    name="promote",
    result_serializer="json",
    on_completion=[notify],
    on_failure=[notify],
    on_crashed=[notify],
    on_cancellation=[notify],
)
def promote(approval: bool = False, rollback: bool = False, model_name: str | None = None) -> State[Any]:
    """Make the challenger champion if it is measurably better, or go back to the champion before.

    Args:
        approval: Wait, once every gate is passed, until a person resumes the flow run.
        rollback: Give the alias back to the version that had it before; nothing is judged.
        model_name: Name of the registered model; without one that of params.yaml.
    """
    try:
        enter_checkout()
        if approval and rollback:
            raise FlowError("a rollback waits for nobody: choose either `approval` or `rollback`.")
        ending = restore_previous(model_name) if rollback else _promote(approval, model_name)
    except MienError as error:
        return Failed(message=str(error))
    return Completed(name=ending.name, message=ending.message)


def _promote(approval: bool, model_name: str | None) -> Ending:
    if approval:
        check_approvable()
    tell = get_run_logger().info
    with only_run(str(flow_run.name), tell):
        kept.put_back(tell)  # what a killed pipeline had overridden are not the gates
        params = load_params()
    registry = open_registry(model_name)

    def judge(standing: Standing) -> Trial:
        with only_run(str(flow_run.name), tell):  # no pipeline changes the rows meanwhile
            trial = hold_trial(registry, standing, params)
        tell("%s", f"\n{lines(trial)}")
        create_markdown_artifact(page(trial), key="promotion", description=headline(trial))
        return trial

    return compete(registry, judge, wait_for_approval if approval else lambda _: None, tell)
