"""How a flow run and the MLflow run of its stages name each other."""

import json
from collections.abc import Mapping
from uuid import UUID

from prefect.runtime import flow_run
from prefect.utilities.urls import url_for


def pass_key(run: UUID | None = None) -> str:
    """Key of the MLflow run of a flow run, of this one without an id, on whatever machine a stage runs."""
    return f"prefect-{run or flow_run.id}"


def flow_tags() -> dict[str, str]:
    """Tags by which the MLflow run names this flow run."""
    tags = {
        "prefect.flow_run.id": str(flow_run.id),
        "prefect.flow_run.name": str(flow_run.name),
        "prefect.flow_run.url": url_for("flow-run", obj_id=str(flow_run.id)) or "",
    }
    return {name: value for name, value in tags.items() if value}  # a server for this run only has no address


def stage_environment(key: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Variables that make a stage's process join the MLflow run of `key` and put `tags` on it."""
    return {"PIPELINE_KEY": key, "PIPELINE_TAGS": json.dumps(dict(tags))}
