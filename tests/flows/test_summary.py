"""The end of a run: what it announces, and what it can do without."""

import json
import sys
from pathlib import Path

import pytest

from tests.flows.servers import Prefect, program, until

pytestmark = pytest.mark.slow

FLOW = """
import sys
from prefect import flow
from flows.reporting.summary import report
from flows.stages.result import Result

@flow(name="summary")
def summary():
    report([Result(stage, sys.argv[1], "", 0.0, False) for stage in ("evaluate", "register")])

summary()
"""


def report(prefect: Prefect, folder: Path, state: str) -> str:
    """What a run says whose stages all have this state; there is no tracking server and nothing was evaluated."""
    settings = {**prefect.environment, "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    with program([sys.executable, "-c", FLOW, state], folder, settings) as called:
        assert called.process.wait(120) == 0, called.said
    return called.said


def announced(prefect: Prefect, name: str) -> int:
    wanted = {"event": {"name": ["mien.model.registered"]}, "resource": {"id": [f"mien.model.{name}.3"]}}
    return len(prefect.ask("events/filter", {"filter": wanted})["events"])


def register(folder: Path, name: str) -> None:
    (folder / "build" / "register").mkdir(parents=True)
    result = {"registered": True, "name": name, "version": 3}
    (folder / "build" / "register" / "registered.json").write_text(json.dumps(result))


def test_a_registration_is_announced_though_tables_pictures_and_the_tracking_server_are_missing(prefect, tmp_path):
    register(tmp_path, "first")
    said = report(prefect, tmp_path, "Executed")
    until(lambda: announced(prefect, "first") == 1, 30, "the registration is announced")
    for lost in ("link to the MLflow run", "table of figures"):
        assert f"the run goes without its {lost}" in said
    assert prefect.flow_runs(flows={"name": {"any_": ["summary"]}})[-1]["state_type"] == "COMPLETED"


def test_what_a_killed_run_has_not_announced_is_announced_once_by_the_next(prefect, tmp_path):
    register(tmp_path, "second")
    report(prefect, tmp_path, "Cached")
    until(lambda: announced(prefect, "second") == 1, 30, "the registration is announced")
    report(prefect, tmp_path, "Cached")
    report(prefect, tmp_path, "Executed")
    until(lambda: announced(prefect, "second") > 1, 30, "it is announced again where it was done again")
    assert announced(prefect, "second") == 2
