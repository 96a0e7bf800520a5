"""A flow run on a worker of the pool gpu, from its order to its end."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.deployments import run_deployment
from prefect.exceptions import PrefectException
from prefect.states import Cancelling
from prefect.utilities.urls import url_for

from flows.errors import FlowError, PassingError
from flows.remote.signs import RUN_ENVIRONMENT
from flows.remote.watch import Watch

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

POOL, DEPLOYMENT = "gpu", "train/train"
INTERRUPTED = "Interrupted"
"""State name of a run that failed for a reason that may pass."""


class LostError(PassingError):
    """The run has crashed: its worker, its machine or its process has died."""


def run_on_worker(parameters: Mapping[str, Any], name: str, tell: Callable[[str], None]) -> "FlowRun":
    """Start a run of the deployment `train/train`, as a part of the run that calls this, and wait for its end.

    However this call is left (cancelled, ended by a signal), the run on the worker is cancelled with it.

    Args:
        parameters: of the flow `train`.
        name: of the flow run.
        tell: takes lines for people.

    Returns:
        The completed flow run.

    Raises:
        LostError: it has crashed.
        PassingError: it failed for a reason that may pass, or the Prefect server is away for too long.
        FlowError: no worker lives, or the run has failed or was cancelled there.
    """
    with get_client(sync_client=True) as client:
        run = cast(
            "FlowRun",
            run_deployment(
                DEPLOYMENT,
                parameters=dict(parameters),
                flow_run_name=name,
                timeout=0,
                job_variables={"env": RUN_ENVIRONMENT},
            ),
        )
        with _cancelled_with_us(client, run):
            tell(f"sent to the pool {POOL}: {url_for(run)}")
            ended = Watch(client, POOL, tell).until_end(run)
    _check(ended)
    return ended


@contextmanager
def _cancelled_with_us(client: SyncPrefectClient, run: "FlowRun") -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(httpx.HTTPError, PrefectException):  # why we end matters more
            state = client.read_flow_run(run.id).state
            if state is not None and not state.is_final():
                client.set_flow_run_state(run.id, Cancelling(message="The run that needed it has ended."))
        raise


def _check(run: "FlowRun") -> None:
    state = run.state
    if state is None or state.is_completed():
        return
    said = f"{run.name} on a worker of the pool {POOL} ended as {state.name}: {state.message} ({url_for(run)})"
    if state.is_crashed():
        raise LostError(said)
    raise (PassingError if state.name == INTERRUPTED else FlowError)(said)
