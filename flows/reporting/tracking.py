"""The MLflow run of a flow run: each names the other."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from prefect import get_client
from prefect.runtime import flow_run

from flows.stages.identity import pass_key
from mien.errors import TrackingError

if TYPE_CHECKING:
    from tasks.tracking.store import Store


@dataclass(frozen=True)
class TrackedRun:
    """The MLflow run, and the store that it is in."""

    run_id: str
    store: "Store"

    @property
    def place(self) -> str:
        """Where to see it: an address on a server, else its id."""
        if not self.store.uri.startswith("http"):
            return f"{self.run_id} in {self.store.shown} (`uv run mlflow ui`)"
        return f"{self.store.shown.rstrip('/')}/#/experiments/{self.store.experiment_id}/runs/{self.run_id}"

    @property
    def markdown(self) -> str:
        """The same, as a link where it can be one."""
        return f"[{self.run_id}]({self.place})" if self.place.startswith("http") else self.place

    def champion_tags(self, model_name: str) -> dict[str, str]:
        """Tags of the promoted version, its figures among them, and its number; empty where none is promoted."""
        from tasks.registry.entry import Registry

        registry = Registry(self.store, model_name)
        try:
            champion = registry.standing().champion
            version = registry.version(champion) if champion else None
        except TrackingError:  # nothing is registered yet
            return {}
        return {**version.tags, "version": version.number} if version else {}


def link_runs() -> TrackedRun | None:
    """The MLflow run of this flow run, now tagged on the flow run too; None where no stage has made one.

    One whose stage was killed says RUNNING until somebody ends it, which is done here.
    """
    from tasks.tracking.run import end_orphans, find_run
    from tasks.tracking.store import open_store

    store = open_store()
    end_orphans(store)
    run_id = find_run(store, pass_key())
    if run_id is None:
        return None
    with get_client(sync_client=True) as client:
        client.update_flow_run(UUID(str(flow_run.id)), tags={*flow_run.tags, f"mlflow:{run_id}"})
    return TrackedRun(run_id, store)
