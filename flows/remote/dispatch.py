"""A flow run on a worker of the pool gpu, from its order to its end."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterParentFlowRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import TERMINAL_STATES
from prefect.deployments import run_deployment
from prefect.exceptions import PrefectException
from prefect.runtime import flow_run
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

ON_ITS_WAY_SECONDS = 1.0
"""How long the server may take for an order that we were interrupted in."""


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
    with get_client(sync_client=True) as client, cancelled_with_us(client):
        ended = Watch(client, POOL, tell).until_end(order(DEPLOYMENT, parameters, name, tell))
    check_ended(ended)
    return ended


def order(deployment: str, parameters: Mapping[str, Any], name: str, tell: Callable[[str], None]) -> "FlowRun":
    """Start a run of a deployment for the pool gpu, as a part of the run that calls this."""
    run = cast(
        "FlowRun",
        run_deployment(
            deployment,
            parameters=dict(parameters),
            flow_run_name=name,
            timeout=0,
            job_variables={"env": RUN_ENVIRONMENT},
        ),
    )
    tell(f"sent to the pool {POOL}: {url_for(run)}")
    return run


@contextmanager
def cancelled_with_us(client: SyncPrefectClient) -> Iterator[None]:
    """However this block is left but in order, what this flow run has ordered is cancelled."""
    try:
        yield
    except BaseException:
        with suppress(httpx.HTTPError, PrefectException):  # why we end matters more
            if not _cancel_parts(client):
                time.sleep(ON_ITS_WAY_SECONDS)
                _cancel_parts(client)
        raise


def _cancel_parts(client: SyncPrefectClient) -> bool:
    """Cancel what this flow run has ordered, as the server knows it: an answer to the order may not have come yet."""
    ours = FlowRunFilter(
        parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[UUID(flow_run.id)]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(not_any_=list(TERMINAL_STATES))),
    )
    found = client.read_flow_runs(flow_run_filter=ours)
    for run in found:
        client.set_flow_run_state(run.id, Cancelling(message="The run that needed it has ended."))
    return bool(found)


def check_ended(run: "FlowRun") -> None:
    """See that a run that has ended has completed.

    Raises:
        LostError: it has crashed.
        PassingError: it failed for a reason that may pass.
        FlowError: it has failed or was cancelled.
    """
    state = run.state
    if state is None or state.is_completed():
        return
    said = f"{run.name} on a worker of the pool {POOL} ended as {state.name}: {state.message} ({url_for(run)})"
    if state.is_crashed():
        raise LostError(said)
    raise (PassingError if state.name == INTERRUPTED else FlowError)(said)
