"""Presets side by side on the same rows: one table and one chart of what was published and what we reach.

    python -m flows.compare mememoji vgg_small --protocol sound
    python -m mien.comparison README.md

Each is brought up to date through DVC as by `flows.pipeline`, so that a second comparison trains nothing.
"""

if __name__ == "__main__":
    # Before Prefect is imported: a wrong word is answered at once.
    from flows.comparison.program import main

    main()
    raise SystemExit

from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.checkout.lock import only_run
from flows.checkout.mend import mend_locks
from flows.checkout.place import enter_checkout
from flows.checkout.stores import check_tracking
from flows.comparison.contest import compete
from flows.comparison.entries import Choice, entries
from flows.comparison.leaving import leave
from flows.recovery.watch import watched
from flows.reporting.notify import notify
from flows.stages.identity import pass_key
from mien.errors import MienError


@flow(
    name="compare",
    result_serializer="json",
    on_completion=[notify],
    on_failure=[notify],
    on_crashed=[notify],
    on_cancellation=[notify],
)
def compare(
    presets: list[str] | None = None,
    protocol: Choice = "both",
    params: dict[str, Any] | None = None,
    local: bool = False,
) -> State[Any]:
    """Run presets up to `evaluate`, one after the other, and set their figures beside those that were published.

    Args:
        presets: Only these; all of them without. `python -m mien.presets` lists them.
        protocol: "seed" as the project itself did it, "sound", or both.
        params: Settings on top of every preset's, for this run only, e.g. {"train.epochs": 3}.
        local: Train in place, not on a worker of the pool gpu.
    """
    try:
        enter_checkout()
        listed = entries(presets or [], protocol, params or {})
        with watched(pass_key()), only_run(str(flow_run.name), get_run_logger().info):
            mend_locks(Path.cwd(), get_run_logger().warning)
            check_tracking()
            results = compete(listed, params or {}, local)
            leave(results)
    except MienError as error:
        return Failed(message=str(error))
    problems = [f"{result.name}: {result.problem}" for result in results if result.problem]
    if problems:
        return Failed(message="\n".join([f"{len(problems)} of {len(results)} have failed", *problems]))
    return Completed(message=f"{len(results)} compared: build/compare/comparison.md")
