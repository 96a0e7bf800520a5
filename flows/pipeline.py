"""The pipeline as a flow: one task for each stage of dvc.yaml, through DVC, for everybody to see.

    python -m flows.pipeline evaluate --set train.epochs=3

Runs by schedule as a deployment, by hand as above; with a Prefect server or without one.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml
from prefect import flow, tags
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.checkout.lock import only_run
from flows.checkout.mend import mend_locks
from flows.checkout.overrides import overridden
from flows.checkout.place import enter_checkout
from flows.errors import FlowError
from flows.planning import check_request, make_plan
from flows.recovery.watch import watched
from flows.reporting.notify import notify
from flows.reporting.summary import report, summary_line
from flows.server import TAG, check_server, has_server
from flows.stages.identity import pass_key
from flows.stages.run import run_stages
from mien.errors import MienError


@flow(
    name="pipeline",
    result_serializer="json",
    on_completion=[notify],
    on_failure=[notify],
    on_crashed=[notify],
    on_cancellation=[notify],
)
def pipeline(
    stages: list[str] | None = None,
    params: dict[str, Any] | None = None,
    force: bool = False,
    data_revision: str | None = None,
    local: bool = False,
) -> State[Any]:
    """Bring the stages of dvc.yaml up to date, in the order in which they depend on each other.

    Args:
        stages: Only these stages and what they are made from, e.g. ["evaluate"]; all of them without.
        params: Settings for this run only, checked before anything runs, e.g. {"train.epochs": 3}.
        force: Run the stages that are named (or all) again, though nothing has changed.
        data_revision: Git commit, tag or branch whose version of the data this run takes, e.g. "v1.2".
        local: Train in place, not on a worker of the pool gpu.
    """
    overrides = params or {}
    try:
        enter_checkout()
        with watched(pass_key()), only_run(str(flow_run.name), get_run_logger().info):
            mend_locks(Path.cwd(), get_run_logger().warning)
            names = check_request(stages, overrides)
            with overridden(overrides, data_revision, pass_key(), get_run_logger().warning):
                forced = (stages or names) if force else []
                plan = make_plan(names, forced=forced, local=local, has_server=has_server())
                results = list(run_stages(plan))
                report(results)
    except MienError as error:
        return Failed(message=str(error))
    last = results[-1]
    return Failed(message=last.message) if last.failed else Completed(message=summary_line(results))


def main() -> None:
    """The flow from a terminal; exit code 1 where it does not complete."""
    parser = argparse.ArgumentParser(prog="python -m flows.pipeline", description="Bring stages up to date as a flow.")
    parser.add_argument("stages", nargs="*", help="only these, and what they are made from")
    parser.add_argument(
        "--set", dest="params", action="append", default=[], metavar="KEY=VALUE", help="a setting for this run only"
    )
    parser.add_argument("--force", action="store_true", help="run the named stages (or all) though nothing has changed")
    parser.add_argument("--data-revision", metavar="REV", help="git revision whose version of the data to take")
    parser.add_argument("--local", action="store_true", help="train in place, not on a worker of the pool gpu")
    words = parser.parse_args()
    try:
        params = dict(_setting(text) for text in words.params)
        enter_checkout()
        check_request(words.stages, params)
        check_server()
    except MienError as error:
        sys.exit(f"\n{error}")
    with tags(TAG):
        try:
            state = pipeline(
                words.stages or None, params, words.force, words.data_revision, words.local, return_state=True
            )
        except KeyboardInterrupt:
            sys.exit("\ninterrupted; the next run goes on, a training from its last epoch")
    sys.exit(0 if state.is_completed() else f"\n{state.message}")


def _setting(text: str) -> tuple[str, Any]:
    """`train.epochs=3` as a key and a value, which is read as YAML."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise FlowError(f"--set {text}: must be KEY=VALUE, e.g. train.epochs=3")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise FlowError(f"--set {text}: the value is not valid YAML: {error}") from error


if __name__ == "__main__":
    main()
