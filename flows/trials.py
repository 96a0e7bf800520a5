"""Trials of a sweep on a worker: deployment `trials/trials` on the work pool `gpu`, started by the flow `sweep`.

The worker works in the checkout that the sweep was begun in, whose study and prepared faces it shares; or in another
one with the same prepared faces, where `MIEN_SWEEP_STORAGE` names the same database in both.
"""

import os
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from flows.checkout.place import enter_checkout
from flows.errors import PassingError
from flows.recovery.watch import watched
from flows.remote.dispatch import INTERRUPTED
from flows.remote.gpu import check_gpu
from flows.sweeping.here import run_here
from flows.sweeping.log import SweepLines
from mien.errors import MienError
from mien.sweep.budget import Budget

TRACKING = "MLFLOW_TRACKING_URI"


@flow(name="trials", result_serializer="json")
def trials(
    study: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$")],
    trials: Annotated[int, Field(ge=1)],
    until: float | None = None,
    tracking_uri: str | None = None,
) -> State[Any]:
    """Run trials of a study, as long as there are any left.

    Args:
        study: Its name.
        trials: How many trials the whole study may have.
        until: No trial begins later (seconds since 1970).
        tracking_uri: The MLflow server; the worker's own MLFLOW_TRACKING_URI goes before it.
    """
    environment = {TRACKING: os.environ.get(TRACKING) or tracking_uri or ""}
    try:
        enter_checkout()
        check_gpu()
        with watched():
            run_here(study, Budget(trials, until), SweepLines(), environment)
    except PassingError as error:
        return Failed(name=INTERRUPTED, message=str(error))
    except MienError as error:
        return Failed(message=str(error))
    return Completed(message="no trial is left to run")
