"""What to do for a flow run whose process was killed."""

import os
from uuid import UUID

KILLED = "The process of this run was killed (SIGKILL, out of memory, or a machine that went down)."


def mark_crashed(flow_run_id: str) -> None:
    """Crash the flow run where it still says that it runs, and cancel what it has started on other machines."""
    if not os.environ.get("PREFECT_API_URL"):
        return
    from prefect import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterParentFlowRunId
    from prefect.states import Cancelling, Crashed

    with get_client(sync_client=True) as client:
        state = client.read_flow_run(UUID(flow_run_id)).state
        if state is not None and not state.is_final():
            client.set_flow_run_state(flow_run_id, Crashed(message=KILLED), force=True)
        children = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[UUID(flow_run_id)]))
        for child in client.read_flow_runs(flow_run_filter=children):
            if child.state is not None and not child.state.is_final():
                client.set_flow_run_state(child.id, Cancelling(message="The run that started it was killed."))


def put_back_overrides() -> None:
    """Put back params.yaml and the data of before this run."""
    from flows.checkout.overrides import put_back

    put_back()


def end_tracking_run(key: str) -> None:
    """End the MLflow run that still says RUNNING."""
    from tasks.tracking.run import end_orphans, end_run_of
    from tasks.tracking.store import open_store

    store = open_store()
    end_orphans(store)
    end_run_of(store, key, "KILLED")
