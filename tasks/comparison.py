"""A comparison of presets in the tracking store: a run of its own, which names the runs of the presets."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from mien.errors import TrackingError
from tasks.tracking.models import find_model
from tasks.tracking.origin import file_digest, origin
from tasks.tracking.outbox import Outbox
from tasks.tracking.run import KEY_TAG, find_run
from tasks.tracking.store import Store
from tasks.tracking.sweep import mark

NAME = "compare"


def run_behind(store: Store, key: str, model: Path) -> str | None:
    """Id of the run of a pass; where that has executed nothing, of the one that trained its model.

    None where this store has neither, since the results come from elsewhere.

    Args:
        store: open.
        key: of the pass.
        model: file of the pass's model.
    """
    if run_id := find_run(store, key):
        return run_id
    found = find_model(store, file_digest(model))
    return found.source_run_id if found else None


def log_comparison(
    store: Store,
    key: str,
    params: Mapping[str, str],
    tags: Mapping[str, str],
    figures: Mapping[str, float],
    files: Sequence[Path],
) -> str:
    """Log a comparison as a finished run, `compare`; returns its id.

    Where the store stops answering after it has made the run, the rest is kept for the next stage that reaches it.

    Args:
        store: open.
        key: of the flow run, by which the run is found.
        params: what the figures are of.
        tags: who made it, and the ids of the runs that it compares.
        figures: by name.
        files: kept as artifacts.

    Raises:
        TrackingError: the store does not answer.
    """
    run_id, now = _create(store, {KEY_TAG: key, **mark(), **origin(), **tags}), int(time.time() * 1000)
    outbox = Outbox(store, run_id)
    outbox.put(
        params=dict(params),
        metrics=[[name, value, now, 0] for name, value in figures.items()],
        artifacts=[[str(path), ""] for path in files],
        status="FINISHED",
    )
    outbox.close()
    return run_id


def _create(store: Store, tags: Mapping[str, str]) -> str:
    from mlflow.exceptions import MlflowException

    try:
        return str(store.client.create_run(store.experiment_id, tags=dict(tags), run_name=NAME).info.run_id)
    except (MlflowException, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise TrackingError(f"the tracking store {store.shown} does not take the comparison: {reason}.") from error
