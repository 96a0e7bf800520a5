"""Trials on workers of the pool gpu: several runs of the deployment `trials/trials` share one study."""

from collections.abc import Callable

from prefect.client.orchestration import get_client

from flows.checkout.stores import check_tracking
from flows.errors import FlowError
from flows.remote.dispatch import POOL, cancelled_with_us, check_ended, order
from flows.remote.elsewhere import public_uri
from flows.remote.preflight import check_pool
from flows.remote.watch import Watch
from flows.sweeping.here import states
from mien.sweep.budget import Budget
from mien.sweep.study import load_study

DEPLOYMENT = "trials/trials"
RUNNING = "RUNNING"


def check_workers() -> None:
    """See that workers can take trials, before anything is done for them.

    Raises:
        PassingError: a server does not answer.
        FlowError: there is no server, pool, deployment or worker.
    """
    check_pool(DEPLOYMENT)
    check_tracking()


def run_on_workers(name: str, budget: Budget, workers: int, tell: Callable[[str], None]) -> None:
    """Run the trials of the study `name` that are left, `workers` at a time.

    A trial whose worker has died is run again by another one, or in another round: a round begins by looking for such
    trials. Where one changes nothing, what still runs does so elsewhere.

    Raises:
        PassingError: the Prefect server is away for too long, or all workers have died.
        FlowError: no worker lives, or the trials cannot be run there.
    """
    while budget.allows(load_study(name)) or RUNNING in states(name):
        before = states(name)
        faults = _round(name, budget, workers, tell)
        for fault in faults:
            tell(str(fault))
        if states(name) == before:
            if faults:
                raise faults[0]
            return


def _round(name: str, budget: Budget, workers: int, tell: Callable[[str], None]) -> list[FlowError]:
    """As many runs as workers until all have ended; what has gone wrong with them."""
    settings = {"study": name, "trials": budget.trials, "until": budget.until, "tracking_uri": public_uri()}
    faults = []
    with get_client(sync_client=True) as client, cancelled_with_us(client):
        ordered = [
            order(DEPLOYMENT, settings, f"trials of {name}, {number} of {workers}", tell)
            for number in range(1, workers + 1)
        ]
        for run in ordered:
            try:
                check_ended(Watch(client, POOL, tell).until_end(run))
            except FlowError as error:
                faults.append(error)
    return faults
