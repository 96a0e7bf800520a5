"""A comparison of presets in the tracking store: a run of its own, which names the runs of the presets."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tasks.tracking.models import find_model
from tasks.tracking.origin import file_digest, origin
from tasks.tracking.outbox import send
from tasks.tracking.run import KEY_TAG, find_run
from tasks.tracking.store import Store

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
    store: Store, key: str, tags: Mapping[str, str], figures: Mapping[str, float], files: Sequence[Path]
) -> str:
    """Log a comparison as a finished run, `compare`; returns its id.

    Args:
        store: open.
        key: of the flow run, by which the run is found.
        tags: who made it, and the ids of the runs that it compares.
        figures: by name.
        files: kept as artifacts.

    Raises:
        mlflow.exceptions.MlflowException: the store does not take it.
    """
    run = store.client.create_run(store.experiment_id, tags={KEY_TAG: key, **origin(), **tags}, run_name=NAME)
    run_id, now = str(run.info.run_id), int(time.time() * 1000)
    record = {
        "metrics": [[name, value, now, 0] for name, value in figures.items()],
        "artifacts": [[str(path), ""] for path in files],
        "status": "FINISHED",
    }
    send(store, run_id, record)
    return run_id
