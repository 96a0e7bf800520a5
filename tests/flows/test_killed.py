"""What a flow's watchman does once the flow is killed: on a real server, with a real block and a real receiver."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import psutil
import pytest

from tests.flows.servers import Prefect, program, until, worker
from tests.flows.test_notify import BLOCK, python, received

pytestmark = pytest.mark.slow

__all__ = ["received"]

FLOW = """
import pathlib, time
from prefect import flow, task
from prefect.runtime import flow_run
from flows.recovery.watch import watched
from flows.reporting.notify import notify

@task(task_run_name="train")
def stage():
    pathlib.Path("run").write_text(str(flow_run.id))
    time.sleep(120)

@flow(name="killed", on_crashed=[notify])
def killed():
    with watched("prefect-killed"):
        stage()

if __name__ == "__main__":
    killed()
"""
COMPARISON = """
import pathlib, time
from prefect import flow
from prefect.runtime import flow_run
from flows.comparison import attempt as preset
from flows.recovery.watch import watched
from flows.reporting.notify import notify
from flows.stages.identity import pass_key
from tasks.tracking.run import KEY_TAG
from tasks.tracking.store import open_store

def train_elsewhere(*_):
    store = open_store()
    run = store.client.create_run(store.experiment_id, tags={KEY_TAG: pass_key()})
    pathlib.Path("mlflow-run").write_text(run.info.run_id)
    time.sleep(120)

preset.run_pass = train_elsewhere

@flow(name="killed", on_crashed=[notify])
def killed():
    with watched(pass_key()):
        pathlib.Path("run").write_text(str(flow_run.id))
        preset.attempt("mememoji", "sound", False)

if __name__ == "__main__":
    killed()
"""
"""A comparison whose preset trains on another machine, so that its MLflow run is no process's of this one."""

STARTER = """
import pathlib, subprocess, sys, time
flow = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
while not pathlib.Path(sys.argv[2]).exists():
    time.sleep(0.1)
time.sleep(3)
flow.kill()
"""
"""Goes away with its end of the flow's pipe, as a worker does that is killed with its flow."""


def watchmen(run: str) -> list[int]:
    return [process.pid for process in psutil.process_iter(["cmdline"]) if run in (process.info["cmdline"] or [])]


def test_when_flow_and_worker_are_killed_the_run_its_stage_and_people_are_told_though_a_step_fails(
    prefect: Prefect, tmp_path: Path, received: tuple[str, list[dict[str, str]]]
):
    address, letters = received
    assert python(BLOCK, prefect, tmp_path, address, "custom-webhook/team").process.returncode == 0
    (tmp_path / ".mien" / "overridden" / "owner").mkdir(parents=True)  # nobody can read it
    with program([sys.executable, "-c", STARTER, FLOW, "run"], tmp_path, prefect.environment) as starter:
        assert starter.process.wait(120) == 0
        killed = time.monotonic()
    run = (tmp_path / "run").read_text()
    assert prefect.wait(run, 60)["state_type"] == "CRASHED"
    assert time.monotonic() - killed < 30
    until(lambda: letters, 30, "notification")
    until(lambda: prefect.task_states(run) == {"train": "Crashed"}, 60, "the stage has crashed")
    until(lambda: not watchmen(run), 60, "the watchman has ended")
    [letter] = letters
    assert letter["title"] == "killed: Crashed"
    assert "was killed" in letter["text"]
    assert run in letter["text"]
    assert "IsADirectoryError" in (tmp_path / ".mien" / "watchman.log").read_text()


def test_a_preset_whose_comparison_is_killed_has_its_mlflow_run_ended_and_people_are_told_once(
    prefect: Prefect, tmp_path: Path, received: tuple[str, list[dict[str, str]]], new_store: Path
):
    address, letters = received
    assert python(BLOCK, prefect, tmp_path, address, "custom-webhook/team").process.returncode == 0
    shutil.copy(new_store, tmp_path)
    graph = {"stages": {"evaluate": {"cmd": "true"}}}
    (tmp_path / "dvc.yaml").write_text(json.dumps(graph))
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "-q"], cwd=tmp_path, check=True)
    with program([sys.executable, "-c", STARTER, COMPARISON, "mlflow-run"], tmp_path, prefect.environment) as starter:
        assert starter.process.wait(120) == 0
    run = (tmp_path / "run").read_text()
    [child] = [found["id"] for found in prefect.flow_runs(flow_runs={"parent_flow_run_id": {"any_": [run]}})]
    until(lambda: not watchmen(run) and not watchmen(child), 90, "the watchmen have ended")
    assert prefect.flow_run(child)["state_type"] in ("CRASHED", "CANCELLED")
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert client.get_run((tmp_path / "mlflow-run").read_text()).info.status == "KILLED"
    assert [letter["title"] for letter in letters] == ["killed: Crashed"]


def test_of_a_run_that_is_killed_under_a_living_worker_people_are_told_once(
    prefect: Prefect, tmp_path: Path, received: tuple[str, list[dict[str, str]]]
):
    address, letters = received
    assert python(BLOCK, prefect, tmp_path, address, "custom-webhook/team").process.returncode == 0
    (tmp_path / "killed_flow.py").write_text(FLOW.replace('Path("run")', f'Path("{tmp_path}/run")'))
    with worker(prefect, "killed", tmp_path, tmp_path, PYTHONPATH=f"{tmp_path}:{Path.cwd()}"):
        flow = prefect.ask("flows/", {"name": "killed"})
        place = {"entrypoint": "killed_flow.killed", "pull_steps": [], "work_pool_name": "killed"}
        prefect.ask("deployments/", {"name": "here", "flow_id": flow["id"], **place})
        run = prefect.start("killed/here")
        until(lambda: (tmp_path / "run").exists() and watchmen(run), 60, "the run")
        [watchman] = watchmen(run)
        psutil.Process(int(psutil.Process(watchman).cmdline()[3])).kill()
        assert prefect.wait(run, 60)["state_type"] == "CRASHED"
        until(lambda: letters, 60, "notification")
        until(lambda: not watchmen(run), 60, "the watchman has ended")
    [letter] = letters
    assert letter["title"] == "killed: Crashed"
