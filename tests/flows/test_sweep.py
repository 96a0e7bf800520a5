"""Sweeps of small networks on drawn faces: killed and gone on with, on workers, and one that comes to nothing."""

import csv
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from optuna.trial import FrozenTrial, TrialState

from mien.sweep import storage
from mien.sweep.budget import Budget
from mien.sweep.places import by_place, place_of
from mien.sweep.settings import Settings
from mien.sweep.study import PROCESS, load_study, open_study, repeat_killed, settings_of
from tests.flows.database import postgres
from tests.flows.projects import Exchange, dvc, run, set_params
from tests.flows.servers import Prefect, Program, program, survivors, until, worker
from tests.sweep.spaces import SPACE, begin, play, settings

pytestmark = pytest.mark.slow

CLI = [sys.executable, "-m", "flows.sweep"]
SMALL = {**SPACE["options"], "conv_layers": {"low": 2, "high": 2}}
SWEEP = {
    "sweep.trials": 4,
    "sweep.epochs": 4,
    "sweep.pruner": {"startup_trials": 1, "warmup_epochs": 1},
    "sweep.space.options": SMALL,
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, tiny: Exchange) -> Path:
    """A checkout whose faces are ready."""
    checkout = tiny.clone(tmp_path_factory.mktemp("sweep") / "prepared")
    set_params(checkout, SWEEP)
    dvc(checkout, "repro", "--quiet", "augment")
    return checkout


@pytest.fixture
def project(prepared: Path, tmp_path: Path) -> Path:
    """A copy of it for one test alone."""
    return Path(shutil.copytree(prepared, tmp_path / "project", symlinks=True))


def sweep(project: Path, prefect: Prefect, *words: str, **environment: str) -> tuple[int, str]:
    """Exit code of the flow, and what it said."""
    with program([*CLI, *words], project.parent, {**prefect.environment, **environment}, cwd=project) as flow:
        return flow.process.wait(300), flow.said


def trials(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[FrozenTrial]:
    """Those of the only study of the project."""
    monkeypatch.chdir(project)
    [folder] = (project / ".mien" / "sweep").iterdir()
    return load_study(folder.name).trials


def tracked(project: Path) -> tuple[Run, list[Run]]:
    """The run of the sweep, and those of its trials, oldest first."""
    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    experiment = client.get_experiment_by_name("mien")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
    [parent] = [found for found in runs if "mlflow.parentRunId" not in found.data.tags]
    children = [found for found in runs if found.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(children) == len(runs) - 1
    return parent, children


def table(project: Path) -> list[Mapping[str, Any]]:
    with (project / "build/sweep/trials.csv").open() as lines:
        return list(csv.DictReader(lines))


def kill_in_second_epoch_of_trial(place: int, flow: Program, project: Path) -> None:
    """SIGKILL to the flow alone; what it has started must end by itself."""
    pattern = f".mien/sweep/*/trial-{place:04d}/*/epoch-000002"
    until(lambda: list(project.glob(pattern)), 200, f"trial {place} has done two epochs; {flow.log}")
    tree = flow.tree()
    watchmen = [process for process in tree if "flows.recovery.watchman" in process.cmdline()]
    flow.process.kill()
    flow.process.wait()
    assert survivors([process for process in tree if process not in watchmen], 20) == []
    assert survivors(watchmen, 90) == []  # it has ended what says that it runs


def test_a_killed_sweep_goes_on_where_it_was_and_ends_as_if_nothing_had_been(project, prefect, monkeypatch):
    with program(CLI, project.parent, prefect.environment, cwd=project) as flow:
        kill_in_second_epoch_of_trial(2, flow, project)
    parent, _ = tracked(project)
    assert parent.info.status == "KILLED"
    code, said = sweep(project, prefect)
    assert code == 0, said
    assert "trial 2: its process was killed" in said
    assert "trial 2: going on after epoch" in said
    assert "trial 1 begins" not in said
    first, second, *_ = ours = trials(project, monkeypatch)
    assert [place_of(trial, ours) for trial in ours] == [1, 2, 2, 3, 4]
    assert (first.state, second.state) == (TrialState.COMPLETE, TrialState.FAIL)
    assert ours[2].params == second.params
    whole = open_study(study_settings(project), "whole")  # nobody was killed in this one
    for place, trial in by_place(ours).items():
        again = begin(whole)
        assert again.params == trial.params, place
        for epoch, value in trial.intermediate_values.items():
            again.report(value, epoch)
        whole.tell(again, trial.value if trial.state == TrialState.COMPLETE else None, state=trial.state)

    parent, children = tracked(project)
    assert parent.info.status == "FINISHED"
    assert [child.data.tags["sweep.trial"] for child in children] == ["1", "2", "2", "3", "4"]
    assert [child.info.status for child in children] == ["FINISHED", "KILLED", "FINISHED", "FINISHED", "FINISHED"]
    assert [row["trial"] for row in table(project)] == ["1", "2", "3", "4"]
    assert {row["state"] for row in table(project)} <= {"finished", "pruned"}
    assert [child.data.tags["sweep.state"] for child in children if child.info.status != "KILLED"] == [
        row["state"] for row in table(project)
    ]
    best = max((row for row in table(project) if row["state"] == "finished"), key=lambda row: row["val_accuracy"])
    assert parent.data.metrics["best/val_accuracy"] == pytest.approx(float(best["val_accuracy"]))
    assert (project / "build/sweep/sweep.png").stat().st_size > 10_000
    assert not list((project / ".mien/sweep").glob("*/trial-*"))


def study_settings(project: Path) -> Settings:
    [folder] = (project / ".mien" / "sweep").iterdir()
    return settings_of(load_study(folder.name))


def test_two_workers_share_a_study_and_go_on_for_one_whose_process_is_killed(project, prefect, monkeypatch, tmp_path):
    run(project, sys.executable, "-m", "flows.deploy", **prefect.environment)
    code, said = sweep(project, prefect, "--workers", "2")
    assert code == 1
    assert "no worker of the pool 'gpu' lives" in said
    assert not (project / ".mien/sweep").exists()
    words = [*CLI, "--workers", "2", "--trials", "5"]
    with (
        worker(prefect, "gpu", project, tmp_path, MIEN_ALLOW_CPU="true"),
        program(words, project.parent, prefect.environment, cwd=project) as flow,
    ):
        until(lambda: list(project.glob(".mien/sweep/*/trial-*/*/epoch-*")), 200, f"a trial has begun; {flow.log}")
        running = [trial for trial in trials(project, monkeypatch) if trial.state == TrialState.RUNNING]
        os.kill(int(running[0].user_attrs[PROCESS].split()[-1].partition("@")[0]), signal.SIGKILL)
        assert flow.process.wait(400) == 0, flow.said
    ours = trials(project, monkeypatch)
    assert sorted(by_place(ours)) == [1, 2, 3, 4, 5]
    assert [trial.number for trial in ours if trial.state == TrialState.FAIL] == [running[0].number]
    assert len(ours) == 6
    assert all(trial.state.is_finished() for trial in ours)
    assert len({trial.user_attrs[PROCESS] for trial in ours}) == 3  # two, and the one in the place of the killed one
    assert len({json.dumps(trial.params) for trial in ours}) == 5  # each its own, but for the repeated one
    parent, children = tracked(project)
    assert sorted(child.data.tags["sweep.trial"] for child in children) == sorted(
        str(place_of(trial, ours)) for trial in ours
    )
    assert sorted(child.info.status for child in children) == ["FINISHED"] * 5 + ["KILLED"]
    assert parent.data.metrics["trials/ended"] == 5


def test_a_sweep_whose_trials_all_fail_ends_as_failed_with_the_reason_said_once(project, prefect):
    sgd = {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9}
    set_params(project, {"train.optimizer": sgd, "sweep.space.learning_rate": {"choices": [10.0]}, "sweep.trials": 2})
    code, said = sweep(project, prefect)
    assert code == 1
    assert "- 2 trials (1, 2): the loss is " in said.splitlines()[-1] or "- 2 trials (1, 2): a weight" in said, said
    parent, children = tracked(project)
    assert [found.info.status for found in (parent, *children)] == ["FAILED"] * 3
    assert all("epoch" in child.data.tags["mlflow.note.content"] for child in children)
    assert "2 trials" in parent.data.tags["mlflow.note.content"]


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")  # a test asks for trials by hand
def test_a_study_in_postgresql_is_the_same_for_all_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with postgres() as database:
        monkeypatch.setenv("MIEN_SWEEP_STORAGE", database)
        play(open_study(settings()), 3)
        in_database = [trial.params for trial in load_study(settings().name).trials]
        monkeypatch.setattr(storage, "HEARTBEAT_SECONDS", 1)
        study = load_study(settings().name)
        on_another_machine = begin(study, "elsewhere")
        study._storage.record_heartbeat(on_another_machine._trial_id)
        time.sleep(3)  # its machine has gone down
        [killed] = repeat_killed(study, lambda process: True)
        assert killed.number == on_another_machine.number
        assert [trial.state for trial in study.trials[3:]] == [TrialState.FAIL, TrialState.WAITING]
        assert Budget(4).allows(study)
        monkeypatch.delenv("MIEN_SWEEP_STORAGE")
    play(open_study(settings()), 3)
    assert in_database == [trial.params for trial in load_study(settings().name).trials]
