import dataclasses
import platform
import sys
import time

import pytest
from filelock import FileLock

from mien.errors import TrackingError
from mien.presets import Likeness
from mien.training import EpochReport
from tasks.tracking.run import flatten, open_run
from tasks.tracking.store import EXPERIMENT, open_store
from tests.tracking.conftest import STAGES, summarise


def runs():
    store = open_store()
    return store.client.search_runs([store.experiment_id])


def test_the_stages_of_a_pass_fill_one_run(project):
    with open_run("train"):
        pass
    summarise("train", {"epochs": 7})
    with open_run("evaluate"):
        pass
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {**{f"{stage}/rows": n for n, stage in enumerate(STAGES)}, "train/epochs": 7}
    assert run.data.params["clean.limit"] == "0.5"
    assert run.data.params["clean.nested.list"] == "[1, 2]"
    assert run.data.tags["notes.clean"] == "clean is done"
    assert run.data.tags["data.md5"].endswith(".dir")
    assert run.inputs.dataset_inputs[0].dataset.digest == run.data.tags["data.md5"]
    paths = {item.path for item in open_store().client.list_artifacts(run.info.run_id, "clean")}
    assert paths == {"clean/picture.png"}


def test_the_tags_of_a_stage_become_those_of_the_run(project):
    summarise("evaluate", {}, Likeness("mememoji", "seed", ("train.epochs 3 instead of 100",)).tags)
    with open_run("register"):
        pass
    store = open_store()
    (run,) = store.client.search_runs([store.experiment_id], "tags.preset = 'mememoji'")
    assert run.data.tags["preset.protocol"] == "seed"
    assert run.data.tags["preset.but"] == "train.epochs 3 instead of 100"


def test_an_older_summary_of_a_stage_that_is_still_to_come_is_not_logged(project):
    summarise("evaluate", {"accuracy": 0.1})
    with open_run("train"):
        pass
    assert "evaluate/accuracy" not in runs()[0].data.metrics


def test_an_epoch_of_an_earlier_process_keeps_its_time_and_says_nothing_of_this_machine(project):
    figures = {"loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.5, "learning_rate": 0.1}
    earlier = EpochReport(epoch=0, epochs=2, **figures, seconds=1.0, images_per_second=9.0, ended=1000.0)
    with open_run("train") as run:
        run.log_epoch(earlier)
        run.log_epoch(dataclasses.replace(earlier, epoch=1, ended=time.time()))
    client = open_store().client
    assert [point.timestamp for point in client.get_metric_history(run.run_id, "epoch/loss")][0] == 1_000_000
    assert [point.step for point in client.get_metric_history(run.run_id, "system/cpu_utilization_percentage")] == [1]


def test_a_new_pass_is_a_new_run(project, monkeypatch):
    with open_run("train"):
        pass
    monkeypatch.setenv("PIPELINE_KEY", "another-pass")
    with open_run("register"):
        pass
    assert len(runs()) == 2
    assert all(run.data.metrics["ingest/rows"] == 0 for run in runs())


def test_an_error_marks_the_run_failed_and_a_stop_marks_it_killed(project, monkeypatch):
    with pytest.raises(ValueError, match="broken"), open_run("train"):
        raise ValueError("broken")
    assert runs()[0].info.status == "FAILED"
    monkeypatch.setenv("PIPELINE_KEY", "stopped")
    with pytest.raises(SystemExit), open_run("train"):
        sys.exit(143)
    assert runs()[0].info.status == "KILLED"


def test_a_run_whose_process_is_gone_is_ended_by_the_next_stage(project):
    store = open_store()
    tags = {"pipeline.host": platform.node(), "pipeline.process": "4194303@1"}
    orphan = store.client.create_run(store.experiment_id, tags=tags).info.run_id
    with open_run("train"):
        assert store.client.get_run(orphan).info.status == "KILLED"


def test_a_server_that_does_not_answer_is_an_error_before_work(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(TrackingError, match=r"http://127\.0\.0\.1:9 .*does not answer.*Nothing was run"):
        open_store()


def test_a_deleted_experiment_is_brought_back(project):
    store = open_store()
    store.client.delete_experiment(store.experiment_id)
    assert open_store().client.get_experiment_by_name(EXPERIMENT).lifecycle_stage == "active"


def test_a_new_store_is_made_by_one_process_at_a_time(project):
    (project / "mlflow.db").unlink()
    (project / ".mien").mkdir()
    with FileLock(project / ".mien" / "store.lock"):
        assert not (project / "mlflow.db").exists()
    open_store()
    assert (project / "mlflow.db").exists()


def test_params_become_dotted_names():
    assert flatten({"a": {"b": {"c": 1}}, "d": None, "e": "x", "f": {}}) == {
        "a.b.c": "1",
        "d": "null",
        "e": "x",
        "f": "{}",
    }
