import time

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from optuna import TrialPruned
from optuna.trial import TrialState

from mien.errors import SweepError, TrackingError
from mien.params import TrainParams
from mien.sweep.places import EPOCHS, REASON
from mien.sweep.study import open_study
from mien.training import EpochReport
from tasks.tracking.sweep import KILLED, join_sweep, mark, open_sweep
from tasks.tracking.trials import TrackedTrials, catch_up
from tests.sweep.spaces import begin, settings

METRIC = "val_accuracy"


def opened(**changes):
    known = {"key": "sweep-one", "name": "one", "metric": METRIC, "params": {"epochs": 3}, "tags": {"flow": "f"}}
    return open_sweep(**{**known, **changes})


def report(epoch, value):
    return EpochReport(epoch, 3, 1.0, 0.5, 1.1, value, 0.001, 2.0, 100.0, time.time())


def runs(sweep):
    """The runs of the trials by their number of Optuna."""
    found = sweep.store.client.search_runs([sweep.store.experiment_id])
    return {int(run.data.tags["sweep.number"]): run for run in found if "sweep.number" in run.data.tags}


def fail(sweep, number, error):
    with pytest.raises(type(error)), sweep.trial(number + 1, number, TrainParams()):
        raise error


def test_every_trial_is_a_run_below_that_of_the_sweep_and_says_how_it_ended(project):
    with opened() as sweep:
        with sweep.trial(1, 0, TrainParams(batch_size=17)) as run:
            run.epoch(report(0, 0.4), 0.4)
            run.epoch(report(1, 0.3), 0.4)
        fail(sweep, 1, TrialPruned())
        fail(sweep, 2, ValueError("disk full"))
        fail(sweep, 3, SystemExit())
    found = runs(sweep)
    assert all(run.data.tags["mlflow.parentRunId"] == sweep.run_id for run in found.values())
    assert [found[number].info.status for number in range(4)] == ["FINISHED", "FINISHED", "FAILED", "KILLED"]
    states = [found[number].data.tags["sweep.state"] for number in range(4)]
    assert states == ["finished", "pruned", "failed", KILLED]
    assert found[2].data.tags["mlflow.note.content"] == "disk full"
    assert found[0].data.params["train.batch_size"] == "17"
    assert found[0].data.metrics["best/val_accuracy"] == 0.4
    curve = sweep.store.client.get_metric_history(found[0].info.run_id, "epoch/val_accuracy")
    assert [point.value for point in curve] == [0.4, 0.3]


def test_a_sweep_that_goes_on_has_one_run_whose_end_is_that_of_the_last_time(project):
    with pytest.raises(KeyboardInterrupt), opened() as first:
        raise KeyboardInterrupt
    client = first.store.client
    assert client.get_run(first.run_id).info.status == "KILLED"
    with opened() as second:
        assert second.run_id == first.run_id
        assert client.get_run(first.run_id).info.status == "RUNNING"
    assert client.get_run(first.run_id).info.status == "FINISHED"
    with pytest.raises(SweepError), opened():
        raise SweepError("every trial has failed")
    assert client.get_run(first.run_id).info.status == "FAILED"
    assert client.get_run(first.run_id).data.tags["mlflow.note.content"] == "every trial has failed"
    with opened():
        tags = client.get_run(first.run_id).data.tags
        assert not {"sweep.state", "mlflow.note.content"} & set(tags)
    with opened(key="sweep-two") as other:
        assert other.run_id != first.run_id


def test_what_could_not_be_logged_in_its_time_is_logged_from_the_study_once(project):
    study = open_study(settings(), "one")
    finished, failed, killed = begin(study), begin(study), begin(study)
    for epoch, value in enumerate((0.3, 0.6, 0.5)):
        finished.report(value, epoch)
    figures = [{"val_accuracy": value, "seconds": 2.0, "ended": time.time()} for value in (0.3, 0.6, 0.5)]
    finished.set_user_attr(EPOCHS, figures)
    failed.set_user_attr(REASON, "disk full")
    study.tell(finished, 0.6)
    for trial in (failed, killed):
        study.tell(trial, state=TrialState.FAIL)
    with opened() as sweep:
        assert catch_up(sweep, study) == 2
        assert catch_up(sweep, study) == 0
        TrackedTrials(sweep).ended(study)
    found = runs(sweep)
    assert {number: run.info.status for number, run in found.items()} == {0: "FINISHED", 1: "FAILED"}
    assert found[1].data.tags["mlflow.note.content"] == "disk full"
    assert found[0].data.metrics["best/val_accuracy"] == 0.6
    curve = sweep.store.client.get_metric_history(found[0].info.run_id, "epoch/val_accuracy")
    assert [(point.step, point.value) for point in curve] == [(0, 0.3), (1, 0.6), (2, 0.5)]
    parent = sweep.store.client.get_run(sweep.run_id).data
    assert (parent.metrics["best/val_accuracy"], parent.metrics["trials/ended"]) == (0.6, 3)
    assert parent.tags["best.trial"] == "1"


def test_a_run_that_was_made_but_not_filled_is_filled_and_not_made_again(project):
    study = open_study(settings(), "one")
    trial = begin(study)
    trial.report(0.6, 0)
    trial.report(0.4, 1)
    study.tell(trial, state=TrialState.PRUNED)
    with opened() as sweep:
        sweep.create(1, trial.number, mark())  # its process was killed after this
        assert catch_up(sweep, study) == 1
        assert catch_up(sweep, study) == 0
    made = sweep.store.client.search_runs([sweep.store.experiment_id], "tags.`sweep.trial` = '1'")
    assert [(run.info.status, run.data.tags["sweep.state"]) for run in made] == [("FINISHED", "pruned")]
    assert made[0].data.metrics["best/val_accuracy"] == 0.6


def test_what_mlflow_cannot_do_before_any_work_is_a_tracking_error(project, monkeypatch):
    def broken(*_, **__):
        raise MlflowException("database is locked")

    monkeypatch.setattr(MlflowClient, "search_runs", broken)
    with pytest.raises(TrackingError, match="database is locked"), opened():
        pass
    with pytest.raises(TrackingError, match="database is locked"):
        join_sweep("sweep-one", METRIC)
