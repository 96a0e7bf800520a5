"""What a comparison leaves: files in build/compare, a run in MLflow, an artifact of the flow run."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from prefect.artifacts import create_markdown_artifact
from prefect.logging import get_run_logger

from flows.reporting.pictures import embedded
from flows.reporting.summary import warned
from flows.reporting.tracking import link_runs
from flows.stages.identity import flow_tags, pass_key
from mien.comparison import Result, chart, markdown, table
from mien.comparison.readme import CSV, FOLDER, MARKDOWN, PICTURE
from mien.durable import write_text
from mien.plots.style import write_png
from tasks.comparison import log_comparison
from tasks.tracking.store import open_store

TITLE = "Presets, published and ours"


def leave(results: Sequence[Result]) -> None:
    """Write the files, and show them; what cannot be shown is a warning, as the work is done."""
    files = write(results)
    run = None
    with warned("run in MLflow"):
        tags = {**flow_tags(), **_runs(results)}
        log_comparison(open_store(), pass_key(), settings(results), tags, figures(results), files)
        run = link_runs()
    with warned("page of the comparison"):
        place = [f"MLflow run: {run.markdown}"] if run else []
        parts = [f"# {TITLE}", (FOLDER / MARKDOWN).read_text(encoding="utf-8"), embedded(FOLDER / PICTURE, TITLE)]
        create_markdown_artifact("\n\n".join([*parts, *place]), key="comparison", description=TITLE)
    get_run_logger().info("table and chart: %s%s", FOLDER, f"; MLflow run: {run.place}" if run else "")


def write(results: Sequence[Result]) -> list[Path]:
    """Table and chart of build/compare; returns the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_text(FOLDER / CSV, table(results).to_csv(index=False, lineterminator="\n"))
    write_text(FOLDER / MARKDOWN, markdown(results))
    write_png(FOLDER / PICTURE, chart(results))
    return [FOLDER / name for name in (CSV, MARKDOWN, PICTURE)]


def figures(results: Sequence[Result]) -> dict[str, float]:
    """All numbers that are known, as `preset/protocol/figure`."""
    return {
        f"{result.preset}/{result.protocol}/{name}": float(value)
        for result in results
        for name, value in asdict(result).items()
        if isinstance(value, int | float)
    }


def settings(results: Sequence[Result]) -> dict[str, str]:
    """Data and settings of all of them, where they are known."""
    both = {name: dict.fromkeys(getattr(result, name) for result in results) for name in ("data", "settings")}
    return {name: "; ".join(filter(None, values)) for name, values in both.items() if any(values)}


def _runs(results: Sequence[Result]) -> dict[str, str]:
    """Tags that name the runs of the presets."""
    return {f"run.{result.preset}.{result.protocol}": result.run for result in results if result.run}
