"""What to do for a flow run whose process was killed."""

import time
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

KILLED = "The process of this run was killed (SIGKILL, out of memory, or a machine that went down)."

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
            if child.state is not None and not child.state.is_final():
                client.set_flow_run_state(child.id, Cancelling(message="The run that started it was killed."))


def _say_how_it_ended(client: "SyncPrefectClient", flow_run_id: UUID) -> None:
    """A run that is being cancelled is first left to its worker, which ends its process and then says so."""
    from prefect.states import Cancelled, Crashed

    for _ in range(WORKER_SECONDS):
        state = client.read_flow_run(flow_run_id).state
        if state is None or state.is_final():
            return
        if not state.is_cancelling():
            client.set_flow_run_state(flow_run_id, Crashed(message=KILLED), force=True)
            return
        time.sleep(1)
    client.set_flow_run_state(flow_run_id, Cancelled(message="Cancelled; its worker has not said so."), force=True)


def put_back_overrides(key: str) -> None:
    """Put back params.yaml and the data of before this run, unless another run holds the checkout and does it itself."""
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
