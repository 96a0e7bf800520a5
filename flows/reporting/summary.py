"""What a run of the pipeline leaves for people: what happened to each stage, figures, pictures, the MLflow run."""

from collections import Counter
from collections.abc import Sequence

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from flows.reporting.events import announce_registration
from flows.reporting.figures import figures_table
from flows.reporting.pictures import pictures_page
from flows.reporting.tracking import TrackedRun, link_runs
from flows.stages.result import CACHED, Result
from mien.errors import TrackingError
from mien.params import load_params

TRACKED = {"train", "evaluate", "register"}
"""Stages that log to MLflow themselves; one before them leaves a run only when it fails."""


def summary_line(results: Sequence[Result]) -> str:
    """How many stages ended how, e.g. `7 cached, 2 executed`."""
    counts = Counter(done.name.lower() for done in results)
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def report(results: Sequence[Result]) -> None:
    """Leave the artifacts of this run; figures and pictures only where a stage has made something."""
    rows = [
        {"stage": done.stage, "state": done.name, "seconds": round(done.seconds, 1), "what it said": done.message}
        for done in results
    ]
    create_table_artifact(rows, key="stages", description=f"Stages of {flow_run.name}: {summary_line(results)}")
    made = {done.stage for done in results if done.name != CACHED and not done.failed}
    run = _tracked_run() if made & TRACKED or results[-1].failed else None
    if run is not None:
        get_run_logger().info("MLflow run: %s", run.place)
        create_markdown_artifact(f"MLflow run of this pipeline run: {run.markdown}", key="mlflow-run")
    if "evaluate" in made:
        champion = run.champion_tags(load_params().register_.model_name) if run else {}
        create_markdown_artifact(figures_table(champion), key="figures", description="Against the promoted model")
        create_markdown_artifact(pictures_page(), key="pictures", description="Confusion matrix and sample faces")
    if "register" in made:
        announce_registration()


def _tracked_run() -> TrackedRun | None:
    """The MLflow run, named on the flow run; an outage after all the work costs the link, not the run."""
    try:
        return link_runs()
    except TrackingError as error:
        get_run_logger().warning("the MLflow run is not linked: %s", error)
        return None
