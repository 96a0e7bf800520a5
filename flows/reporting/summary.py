"""What a run of the pipeline leaves for people: what happened to each stage, figures, pictures, the MLflow run."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from flows.reporting.events import announce_registration
from flows.reporting.figures import figures_table
from flows.reporting.pictures import pictures_page
from flows.reporting.tracking import TrackedRun, link_runs
from flows.stages.result import CACHED, EXECUTED, Result
from mien.params import load_params

TRACKED = {"train", "evaluate", "register"}
"""Stages that log to MLflow themselves; one before them leaves a run only when it fails."""


def summary_line(results: Sequence[Result]) -> str:
    """How many stages ended how, e.g. `7 cached, 2 executed`, and what the last one came to where it ran."""
    counts = Counter(done.name.lower() for done in results)
    line = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    last = results[-1]
    return f"{line}; {last.message.split('; ')[0]}" if last.name == EXECUTED else line


def report(results: Sequence[Result]) -> None:
    """Announce what was registered, then leave the artifacts of this run: their errors cost a page, not the run.

    Figures and pictures only where a stage has made something. What an earlier run has registered and not announced,
    since it was killed or its last stage failed afterwards, is announced too.
    """
    made = {done.stage for done in results if done.name != CACHED and not done.failed}
    # First: a run that is killed from here on has started its promotion.
    if any(done.stage == "register" and not done.failed for done in results):
        announce_registration(again="register" in made)
    with warned("table of stages"):
        _leave_table(results)
    run = None
    if made & TRACKED or results[-1].failed:
        with warned("link to the MLflow run"):
            run = _linked_run()
    if "evaluate" in made:
        with warned("table of figures"):
            champion = run.champion_tags(load_params().register_.model_name) if run else {}
            create_markdown_artifact(figures_table(champion), key="figures", description="Against the promoted model")
        with warned("page of pictures"):
            create_markdown_artifact(pictures_page(), key="pictures", description="Confusion matrix and sample faces")


@contextmanager
def warned(what: str) -> Iterator[None]:
    """Log what goes wrong with something that is only to look at."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - Prefect, MLflow, OpenCV, a file that is missing: all the work is done
        get_run_logger().warning("the run goes without its %s: %s: %s", what, type(error).__name__, error)


def _leave_table(results: Sequence[Result]) -> None:
    rows = [
        {"stage": done.stage, "state": done.name, "seconds": round(done.seconds, 1), "what it said": done.message}
        for done in results
    ]
    create_table_artifact(rows, key="stages", description=f"Stages of {flow_run.name}: {summary_line(results)}")


def _linked_run() -> TrackedRun | None:
    """The MLflow run, named on the flow run."""
    run = link_runs()
    if run is not None:
        get_run_logger().info("MLflow run: %s", run.place)
        create_markdown_artifact(f"MLflow run of this pipeline run: {run.markdown}", key="mlflow-run")
    return run
