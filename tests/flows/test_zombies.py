"""A machine that goes down takes everything with it: only the server can tell that a run has ended."""

import sys
from contextlib import suppress

import psutil
import pytest

from tests.flows.projects import Exchange
from tests.flows.servers import Prefect, program, until, worker

pytestmark = pytest.mark.slow


def test_a_run_whose_processes_are_all_killed_at_once_is_crashed_within_two_minutes(
    prefect: Prefect, checkout, exchange: Exchange, tmp_path
):
    with program([sys.executable, "-m", "flows.deploy"], tmp_path, prefect.environment, cwd=checkout) as deploy:
        assert deploy.process.wait(120) == 0, deploy.said
    with worker(prefect, "cpu", checkout, tmp_path) as machine:
        run = prefect.start("pipeline/pipeline", params={"train.epochs": 500}, local=True)
        until(lambda: trains(machine.tree()), 180, "training")
        stranger = run_of_another_project(prefect)
        machine.kill()
    assert prefect.flow_run(run)["state_type"] == "RUNNING"
    ended = prefect.wait(run, 120)
    assert ended["state_type"] == "CRASHED"
    assert "No sign of life" in ended["state"]["message"]
    assert prefect.flow_run(stranger)["state_type"] == "RUNNING"  # nobody has asked it to say that it lives
    with worker(prefect, "cpu", checkout, tmp_path):  # its place in the concurrency limit is free again
        assert prefect.wait(prefect.start("pipeline/pipeline", stages=["ingest"]), 60)["state_type"] == "COMPLETED"


def trains(tree: list[psutil.Process]) -> bool:
    for process in tree:
        with suppress(psutil.Error):  # it ends just now
            if "tasks.train" in process.cmdline():
                return True
    return False


def run_of_another_project(prefect: Prefect) -> str:
    flow = prefect.ask("flows/", {"name": "stranger"})
    return prefect.ask("flow_runs/", {"flow_id": flow["id"], "state": {"type": "RUNNING"}})["id"]
