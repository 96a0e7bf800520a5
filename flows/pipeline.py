"""The pipeline as a flow: one task for each stage of dvc.yaml, through DVC, for everybody to see.

    python -m flows.pipeline evaluate --set train.epochs=3
    python -m flows.pipeline --preset mememoji --protocol seed

Runs by schedule as a deployment, by hand as above; with a Prefect server or without one.
"""

if __name__ == "__main__":
    # Before Prefect is imported: a wrong word is answered at once.
    from flows.stages.program import main

    main()
    raise SystemExit

from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Failed

from flows.checkout.lock import only_run
from flows.checkout.mend import mend_locks
from flows.checkout.overrides import overridden, preset_sections
from flows.checkout.place import enter_checkout
from flows.planning import check_request
from flows.recovery.watch import watched
from flows.reporting.notify import notify
from flows.stages.identity import pass_key
from flows.stages.run import run_pass
from mien.errors import MienError
from mien.presets import Protocol


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
    preset: str | None = None,
    protocol: Protocol = "sound",
    force: bool = False,
    data_revision: str | None = None,
    local: bool = False,
) -> State[Any]:
    """Bring the stages of dvc.yaml up to date, in the order in which they depend on each other.

    Args:
        stages: Only these stages and what they are made from, e.g. ["evaluate"]; all of them without.
        params: Settings for this run only, checked before anything runs, e.g. {"train.epochs": 3}.
        preset: Reference project whose network, classes, cleaning, split, augmentation and training this run takes;
            `params` come on top. `python -m mien.presets` lists them.
        protocol: Of the preset: "sound", or "seed" for the project's own one, whose figures may be worthless.
        force: Run the stages that are named (or all) again, though nothing has changed.
        data_revision: Git commit, tag or branch whose version of the data this run takes, e.g. "v1.2".
        local: Train in place, not on a worker of the pool gpu.
    """
    overrides = params or {}
    try:
        enter_checkout()
        with watched(pass_key()), only_run(str(flow_run.name), get_run_logger().info):
            mend_locks(Path.cwd(), get_run_logger().warning)
            sections = preset_sections(preset, protocol)
            names = check_request(stages, overrides, sections)
            with overridden(overrides, data_revision, pass_key(), get_run_logger().warning, sections):
                forced = (stages or names) if force else []
                state = run_pass(names, forced, local)
    except MienError as error:
        return Failed(message=str(error))
    return state
