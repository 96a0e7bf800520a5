import csv

import pytest
import yaml
from optuna.trial import TrialState

from mien.errors import SweepError
from mien.params import load_params
from mien.sweep.apply import apply_best
from mien.sweep.places import REASON
from mien.sweep.report import write_report
from mien.sweep.study import open_study
from mien.sweep.table import all_failed, best_trials, failures, importances, states, trials_table
from tests.sweep.spaces import begin, play, settings

PARAMS = "train:\n  network:\n    name: vgg_small  # the usual one\n  epochs: 25\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MIEN_SWEEP_STORAGE", raising=False)


def fail(study, reason):
    trial = begin(study)
    trial.set_user_attr(REASON, reason)
    study.tell(trial, state=TrialState.FAIL)


def finish(study, *values, state=TrialState.COMPLETE):
    trial = begin(study)
    for epoch, value in enumerate(values):
        trial.report(value, epoch)
    study.tell(trial, max(values) if state == TrialState.COMPLETE else None, state=state)


def test_trials_in_the_order_of_their_places_with_how_they_ended_and_what_they_drew():
    study = open_study(settings())
    finish(study, 0.2, 0.5, 0.4)
    finish(study, 0.1, state=TrialState.PRUNED)
    fail(study, "disk full")
    table = trials_table(study)
    assert list(table["trial"]) == [1, 2, 3]
    assert list(table["state"]) == ["finished", "pruned", "failed"]
    assert list(table["val_accuracy"])[:2] == [0.5, 0.1]
    assert table["best_epoch"][0] == 2
    assert list(table["reason"]) == ["", "", "disk full"]
    assert str(table["conv_layers"].dtype) == "Int64"
    assert states(study) == {"finished": 1, "pruned": 1, "failed": 1}


@pytest.mark.parametrize(("metric", "value", "epoch"), [("val_accuracy", 0.4, 2), ("val_loss", 0.1, 3)])
def test_the_value_of_a_pruned_trial_is_that_of_its_best_epoch(metric, value, epoch):
    study = open_study(settings(metric=metric))
    finish(study, 0.2, 0.4, 0.1, 0.3, state=TrialState.PRUNED)
    table = trials_table(study)
    assert (table[metric][0], table["best_epoch"][0]) == (value, epoch)


@pytest.mark.parametrize(("metric", "order"), [("val_accuracy", [2, 1, 3]), ("val_loss", [3, 1, 2])])
def test_the_best_are_those_of_the_metric(metric, order):
    study = open_study(settings(metric=metric))
    for value in (0.5, 0.7, 0.3):
        finish(study, value)
    assert [best.place for best in best_trials(study)] == order
    assert [best.place for best in best_trials(study, 1)] == order[:1]


def test_only_when_every_trial_has_failed_the_sweep_has():
    study = open_study(settings())
    assert not all_failed(study)
    fail(study, "disk full")
    fail(study, "disk full")
    assert all_failed(study)
    assert [group.places for group in failures(study)] == [(1, 2)]
    finish(study, 0.1, state=TrialState.PRUNED)
    assert not all_failed(study)


def test_importances_tell_what_the_value_depends_on():
    study = open_study(settings())
    play(study, 3)
    assert importances(study) == {}
    play(study, 12)
    found = importances(study)
    assert next(iter(found)) == "dropout"  # the formula of `play`: it spans .25, the filters .016
    assert sum(found.values()) == pytest.approx(1)


def test_the_report_is_a_row_for_every_trial_and_a_picture(tmp_path):
    study = open_study(settings())
    play(study, 5)
    finish(study, 0.1, state=TrialState.PRUNED)
    fail(study, "disk full")
    table, picture = write_report(study, tmp_path / "build")
    with table.open() as lines:
        rows = list(csv.DictReader(lines))
    assert [row["state"] for row in rows] == ["finished"] * 5 + ["pruned", "failed"]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_best_trial_is_written_into_params_yaml_and_the_epochs_stay(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(PARAMS)
    study = open_study(settings())
    play(study, 4)
    best, changes = apply_best(study, path)
    train = load_params(path).train
    chosen = study.best_trial.params
    assert best.value == study.best_value
    assert train.network.options["filters"] == [chosen[f"filters_{n + 1}"] for n in range(chosen["conv_layers"])]
    assert train.optimizer.learning_rate == chosen["learning_rate"]
    assert train.epochs == 25
    assert "train.network.name: vgg_small -> affectnet_cnn" in map(str, changes)
    assert apply_best(study, path)[1] == []


def test_nothing_is_applied_where_no_trial_has_finished(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(PARAMS)
    study = open_study(settings())
    fail(study, "disk full")
    with pytest.raises(SweepError, match="nothing to apply"):
        apply_best(study, path)
    assert yaml.safe_load(path.read_text()) == yaml.safe_load(PARAMS)
