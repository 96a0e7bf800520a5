"""What to do for a flow run whose process was killed."""

import asyncio
import time
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

KILLED = "The process of this run was killed (SIGKILL, out of memory, or a machine that went down)."
CANCELLED = "Cancelled; its worker has not said so."

WORKER_SECONDS = 30
"""How long a worker may need to say that a run is cancelled."""


def end_flow_run(flow_run_id: str) -> None:
    """Say of the flow run that it has crashed where nobody has said how it ended, and cancel what it had started."""
    from flows.server import has_server

    if not has_server():
        return
    from prefect import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterParentFlowRunId
    from prefect.states import Cancelling

    with get_client(sync_client=True) as client:
        _say_how_it_ended(client, UUID(flow_run_id))
        children = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[UUID(flow_run_id)]))
        for child in client.read_flow_runs(flow_run_filter=children):
            # One without a deployment was in the killed process too, and has a watchman of its own.
            if child.deployment_id is not None and child.state is not None and not child.state.is_final():
                client.set_flow_run_state(child.id, Cancelling(message="The run that started it was killed."))


def _say_how_it_ended(client: "SyncPrefectClient", flow_run_id: UUID) -> None:
    """A run that is being cancelled is first left to its worker, which ends its process and then says so."""
    from prefect.states import Cancelled, Crashed

    for _ in range(WORKER_SECONDS):
        state = client.read_flow_run(flow_run_id).state
        if state is None or state.is_final() or state.is_scheduled():
            return
        if not state.is_cancelling():
            # Not forced: where a worker says it in the same moment, only one of the two is heard, and tells people.
            client.set_flow_run_state(flow_run_id, Crashed(message=KILLED))
            return
        time.sleep(1)
    client.set_flow_run_state(flow_run_id, Cancelled(message=CANCELLED), force=True)


def tell_people(flow_run_id: str) -> None:
    """Send the notification where this process has said how the run ended: no hook is called then.

    Not of a flow run within another one, as a preset's in a comparison: of that other one people are told.
    """
    from flows.server import has_server

    if not has_server():
        return
    from prefect import get_client

    from flows.reporting.notify import tell

    with get_client(sync_client=True) as client:
        run = client.read_flow_run(UUID(flow_run_id))
        flow = client.read_flow(run.flow_id)
    within = run.parent_task_run_id is not None
    if not within and run.state is not None and run.state.message in (KILLED, CANCELLED):
        asyncio.run(tell(flow.name, run, run.state))


def end_task_runs(flow_run_id: str) -> None:
    """Say of the stages of a run that has ended that they have crashed, where they still say something else."""
    from flows.server import has_server

    if not has_server():
        return
    from prefect import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
    from prefect.states import Crashed

    run = UUID(flow_run_id)
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(run).state
        if state is None or not state.is_final():  # somebody has started it again
            return
        for task in client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run]))):
            if task.state is not None and not task.state.is_final():
                client.set_task_run_state(task.id, Crashed(message=KILLED), force=True)


def put_back_overrides(key: str) -> None:
    """Put back params.yaml and the data of before this run, unless another run has the checkout and does it itself."""
    from flows.checkout.overrides import put_back_of

    put_back_of(key)


def end_tracking_run(key: str) -> None:
    """End the MLflow run that still says RUNNING, if it is this flow run's to end."""
    if not key:
        return
    from tasks.tracking.run import end_orphans, end_run_of
    from tasks.tracking.store import open_store

    store = open_store()
    end_orphans(store)
    end_run_of(store, key, "KILLED")
