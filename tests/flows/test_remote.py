"""Training on another machine: two clones that meet at a bare git repository and a DVC remote, and real servers."""

import hashlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.flows.projects import Exchange, dvc, git, run, set_params
from tests.flows.servers import Prefect, prefect_server, until
from tests.flows.site import END, Site, finished

pytestmark = pytest.mark.slow

LONG = {"train.epochs": 300, "train.early_stopping": None}
"""Minutes of training: time to kill somebody."""

MODEL = "build/train/model.keras"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Iterator[Prefect]:
    """A Prefect server of its own that knows pools and deployments."""
    with prefect_server(tmp_path_factory.mktemp("server")) as started:
        settings = {"PYTHONPATH": str(prepared), **started.environment}
        # `flows.deploy` would add the automation that crashes silent runs: the sender must see them by itself.
        run(prepared, sys.executable, "-c", "from flows.serving.pools import make_pools; make_pools()", **settings)
        run(prepared, sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", **settings)
        yield started


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, tiny: Exchange) -> Path:
    """A checkout in which all stages before training are done."""
    checkout = tiny.clone(tmp_path_factory.mktemp("prepared") / "orchestrator")
    dvc(checkout, "repro", "--quiet", "augment")
    return checkout


@pytest.fixture
def site(tmp_path: Path, prepared: Path, tiny: Exchange, server: Prefect, mlflow: str) -> Site:
    exchange = Exchange(
        shutil.copytree(tiny.git, tmp_path / "project.git"), shutil.copytree(tiny.dvc, tmp_path / "dvc")
    )
    exchange.clone(tmp_path / "worker")
    checkout = Path(shutil.copytree(prepared, tmp_path / "orchestrator"))
    git(checkout, "remote", "set-url", "origin", str(exchange.git))
    (checkout / ".git" / "info" / "exclude").write_text("*.log\n")  # what the senders say
    dvc(checkout, "remote", "modify", "--local", "exchange", "url", str(exchange.dvc))
    return Site(tmp_path, server, mlflow)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def key_of(run: dict) -> str:
    return run["parameters"]["key"]


def test_what_is_not_committed_is_trained_on_the_worker_and_comes_back(site):
    set_params(site.orchestrator, {"train.epochs": 2, "train.seed": 11})
    (site.orchestrator / "mien" / "training" / "mine.py").write_text('"""Mine, not committed yet."""\n')
    before = git(site.orchestrator, "status", "--porcelain"), git(site.orchestrator, "rev-parse", "HEAD")
    third = Path(shutil.copytree(site.orchestrator, site.folder / "third"))
    with site.worker():
        result = site.train()
    assert (result["restored"], result["host"]) == (False, os.uname().nodename)
    assert digest(site.orchestrator / MODEL) == digest(site.clone / MODEL)
    assert dvc(site.orchestrator, "status", "train").strip() == "Data and pipelines are up to date."
    assert (git(site.orchestrator, "status", "--porcelain"), git(site.orchestrator, "rev-parse", "HEAD")) == before

    remote = site.remote_run()
    assert (remote["id"], remote["state_name"]) == (result["flow_run_id"], "Executed")
    assert remote["parent_task_run_id"]
    tracked = site.tracked(key_of(remote))
    assert tracked.info.status == "FINISHED"
    assert site.epochs(key_of(remote)) == [0, 1]
    tags = tracked.data.tags
    assert tags["snapshot.commit"] == tags["mlflow.source.git.commit"] == git(site.clone, "rev-parse", "HEAD")
    assert (tags["snapshot.ref"], tags["by"]) == (remote["parameters"]["ref"], "sender")
    assert tags["prefect.train.id"] == remote["id"]

    # A third machine with the same change has it from the run cache, and no worker lives.
    assert site.train(checkout=third)["restored"]
    assert digest(third / MODEL) == digest(site.orchestrator / MODEL)
    assert len(site.remote_runs()) == 1


def test_changed_params_and_inputs_are_trained_anew_and_an_older_build_on_the_worker_is_not_taken(site):
    with site.worker():
        first = site.train()
        old = digest(site.orchestrator / MODEL)
        set_params(site.orchestrator, {"augment.seed": 7})
        dvc(site.orchestrator, "repro", "--quiet", "augment")
        second = site.train()
        assert digest(site.clone / "build/augment/images.npy") == digest(site.orchestrator / "build/augment/images.npy")
        assert digest(site.orchestrator / MODEL) != old
        set_params(site.orchestrator, {"train.seed": 12})
        third = site.train()
    runs = [first, second, third]
    assert [one["restored"] for one in runs] == [False] * 3
    assert len({one["flow_run_id"] for one in runs}) == 3


def test_a_forced_training_is_trained_again_from_its_start_and_taken_as_it_is(site):
    set_params(site.orchestrator, {"train.epochs": 2, "train.seed": 18})
    with site.worker():
        first = site.train()
        again = site.train("--force")
    assert (again["restored"], again["flow_run_id"] == first["flow_run_id"]) == (False, False)
    remote = site.remote_run()
    assert remote["state_name"] == "Executed"
    assert site.epochs(key_of(remote)) == [0, 1]
    assert not any("going on after epoch" in line for line in site.prefect.log_lines(remote["id"]))
    assert digest(site.orchestrator / MODEL) == digest(site.clone / MODEL)
    assert dvc(site.orchestrator, "status", "train").strip() == "Data and pipelines are up to date."


def test_a_killed_worker_crashes_its_run_and_the_next_worker_goes_on_from_the_last_epoch(site):
    set_params(site.orchestrator, {**LONG, "train.epochs": 30, "train.seed": 13})
    with site.sender() as sender:
        with site.worker() as worker:
            site.wait_for_epoch(3)
            os.kill(worker.process.pid, signal.SIGKILL)
            killed = time.monotonic()
            first = site.remote_runs()[0]
            assert site.prefect.wait(first["id"], 120)["state_type"] == "CRASHED"
            until(lambda: site.tracked(key_of(first)).info.status != "RUNNING", 120, "MLflow run ended")
            assert time.monotonic() - killed < 120
        with site.worker():
            assert finished(sender) == 0, sender.said
    again = site.remote_runs()[1]
    lines = site.prefect.log_lines(again["id"])
    assert any("going on after epoch" in line for line in lines), lines
    assert key_of(again) == key_of(first)
    assert sorted(set(site.epochs(key_of(again)))) == list(range(30))
    assert digest(site.orchestrator / MODEL) == digest(site.clone / MODEL)


def test_a_machine_that_goes_down_is_noticed_in_prefect_and_mlflow_within_two_minutes(site):
    set_params(site.orchestrator, {**LONG, "train.seed": 14})
    with site.worker() as worker, site.sender() as sender:
        site.wait_for_epoch(2)
        worker.kill()
        killed = time.monotonic()
        first = site.remote_runs()[0]
        assert site.prefect.flow_run(first["id"])["state_type"] == "RUNNING"
        assert site.prefect.wait(first["id"], 120)["state_type"] == "CRASHED"
        until(lambda: site.tracked(key_of(first)).info.status != "RUNNING", 120, "MLflow run ended")
        assert time.monotonic() - killed < 120
        assert finished(sender, 90) == 1
        assert "no worker of the pool 'gpu' lives" in sender.said
    assert [one["state_type"] for one in site.remote_runs()] == ["CRASHED", "CANCELLED"]


def test_an_orchestrator_that_is_ended_takes_the_run_on_the_worker_with_it(site):
    set_params(site.orchestrator, {**LONG, "train.seed": 15})
    with site.worker() as worker, site.sender() as sender:
        site.wait_for_epoch(1)
        stage = [process for process in worker.tree() if "tasks.train" in process.cmdline()]
        assert stage
        sender.process.send_signal(signal.SIGTERM)
        finished(sender, 30)
        remote = site.remote_run()
        assert site.prefect.wait(remote["id"], 60)["state_type"] == "CANCELLED"
        assert psutil.wait_procs(stage, timeout=15)[1] == []
        until(lambda: site.tracked(key_of(remote)).info.status == "KILLED", 30, "MLflow run killed")


def test_an_orchestrator_that_is_ended_takes_a_run_that_no_worker_has_taken_with_it(site):
    set_params(site.orchestrator, {"train.seed": 17})
    with site.sender() as sender:
        assert site.remote_run()["state_type"] == "SCHEDULED"
        sender.process.send_signal(signal.SIGTERM)
        finished(sender, 30)
    assert site.remote_run()["state_type"] == "CANCELLED"


def test_without_a_worker_it_says_so_within_a_minute_and_leaves_nothing_queued(site):
    set_params(site.orchestrator, {"train.seed": 16})
    with site.worker(PREFECT_WORKER_HEARTBEAT_SECONDS="30"):
        pass  # killed a moment ago, Prefect still calls it online
    began = time.monotonic()
    code, said = site.send()
    assert time.monotonic() - began < 60
    assert code == 1
    assert "no worker of the pool 'gpu' lives" in said
    assert site.remote_run()["state_type"] == "CANCELLED"
    assert not (site.orchestrator / MODEL).exists()


def test_everything_that_is_missing_is_told_at_once_and_nothing_is_done(site):
    code, said = site.send("--check", MIEN_GIT_REMOTE="company", MIEN_DVC_REMOTE="embedded", MLFLOW_TRACKING_URI="")
    assert code == 1
    faults = ("no worker of the pool 'gpu'", "no git remote 'company'", "the DVC remote 'embedded' is the folder")
    for fault in (*faults, "a worker cannot log to sqlite:"):
        assert f"- {fault}" in said
    assert site.remote_runs() == []


def test_a_worker_without_a_gpu_refuses(site):
    with site.worker(MIEN_ALLOW_CPU="false", CUDA_VISIBLE_DEVICES="-1"):
        code, said = site.send()
    assert code == 1
    assert "tensorflow sees no GPU here" in said
    assert site.remote_run()["state_type"] == "FAILED"


def test_a_commit_that_was_not_pushed_is_refused(site):
    with site.worker():
        order = {"commit": git(site.orchestrator, "rev-parse", "HEAD"), "ref": "refs/heads/not-pushed", "key": "none"}
        ended = site.prefect.wait(site.prefect.start("train/train", tracking_uri=site.mlflow, **order), 60)
    assert ended["state_type"] == "FAILED"
    assert "refs/heads/not-pushed is not on the git remote" in ended["state"]["message"]
    assert ended["state_type"] in END
