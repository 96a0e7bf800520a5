"""A real tracking server that dies in the middle of training."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from mien.errors import TrackingError
from mien.params import TrainParams
from mien.sweep.places import EPOCHS
from mien.sweep.study import open_study
from mien.training import EpochReport
from tasks.tracking import outbox
from tasks.tracking.outbox import outbox_folder
from tasks.tracking.run import open_run
from tasks.tracking.store import open_store
from tasks.tracking.sweep import open_sweep
from tasks.tracking.trials import catch_up
from tests.sweep.spaces import begin, settings
from tests.tracking.conftest import summarise

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def server(folder: Path, port: int):
    """`mlflow server` on SQLite, one worker, in a process group of its own; yields a function that kills it."""
    words = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    stores = ["--backend-store-uri", f"sqlite:///{folder}/server.db", "--artifacts-destination", str(folder / "files")]
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("mlflow")), *words, *stores],
        cwd=folder,
        env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def kill() -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    try:
        wait_until_up(port)
        yield kill
    finally:
        kill()


def wait_until_up(port: int) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    pytest.fail("the MLflow server did not start")


class Report:
    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.ended = time.time()

    def figures(self) -> dict[str, float]:
        return {"loss": 1.0 / (self.epoch + 1)}


def test_training_loses_at_most_ten_seconds_and_no_figure_when_the_server_dies(project, monkeypatch):
    port = free_port()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    with server(project, port) as kill:
        with open_run("train") as run:
            for epoch in range(3):
                run.log_epoch(Report(epoch))
            time.sleep(1)
            kill()
            started = time.monotonic()
            for epoch in range(3, 30):
                run.log_epoch(Report(epoch))
            summarise("train", {"epochs": 30})
            run.replay("train")
            ending = time.monotonic()
        assert ending - started < 5
        assert time.monotonic() - started <= 10
    kept = list(outbox_folder().glob("*.jsonl"))
    assert len(kept) == 1
    monkeypatch.setattr(outbox, "process_lives", lambda _: False)  # the next stage is another process
    with server(project, port):
        with open_run("evaluate"):
            pass
        client = open_store().client
        history = client.get_metric_history(run.run_id, "epoch/loss")
        assert [point.step for point in sorted(history, key=lambda point: point.step)] == list(range(30))
        assert client.get_run(run.run_id).data.metrics["train/epochs"] == 30
        assert client.get_run(run.run_id).info.status == "FINISHED"
        assert {item.path for item in client.list_artifacts(run.run_id, "train")} == {"train/picture.png"}
    assert not list(outbox_folder().iterdir())


def entered(block):
    """What the block yields; it is left for the test's process to end, as a kill would."""
    return block.__enter__()


def test_a_server_that_dies_costs_no_trial_of_a_sweep_and_is_told_of_all_once_it_is_back(project, monkeypatch):
    port = free_port()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(outbox, "CLOSE_SECONDS", 1.0)
    study = open_study(settings(), "one")
    with server(project, port) as kill:
        sweep = entered(open_sweep("sweep-one", "one", "val_accuracy", {}, {}))
        for place in (1, 2, 3):
            trial = begin(study)
            with sweep.trial(place, trial.number, TrainParams()) as run:
                figures = EpochReport(0, 1, 1.0, 0.5, 1.1, place / 10, 0.001, 2.0, 100.0, time.time())
                run.epoch(figures, place / 10)
                if place == 2:
                    kill()
                trial.set_user_attr(EPOCHS, [{**figures.figures(), "ended": figures.ended}])
                trial.report(place / 10, 0)
            study.tell(trial, place / 10)
        with pytest.raises(TrackingError, match="does not answer"):
            catch_up(sweep, study)
    monkeypatch.setattr(outbox, "process_lives", lambda _: False)
    with server(project, port):
        assert catch_up(sweep, study) == 1
        found = sweep.store.client.search_runs([sweep.store.experiment_id])
        trials = {run.data.tags["sweep.trial"]: run for run in found if "sweep.trial" in run.data.tags}
        assert {place: run.info.status for place, run in trials.items()} == dict.fromkeys("123", "FINISHED")
        assert {place: run.data.metrics["epoch/val_accuracy"] for place, run in trials.items()} == {
            "1": 0.1,
            "2": 0.2,
            "3": 0.3,
        }
