import pytest

from mien.training.reports import EpochReport, history_csv
from mien.training.schedules import Course
from tests.training.tiny import params


def report(epoch, val_loss=1.0, val_accuracy=0.5):
    return EpochReport(epoch, 99, 1.0, 0.5, val_loss, val_accuracy, 0.001, 1.0, 10.0)


def course(val_losses, **changes):
    made = Course(params(**{"epochs": 99, "optimizer": {"learning_rate": 0.1}, **changes}))
    for epoch, val_loss in enumerate(val_losses):
        made.see(report(epoch, val_loss))
    return made


def rates(count, **changes):
    made = course([], **changes)
    seen = []
    for epoch in range(count):
        seen.append(made.learning_rate())
        made.see(report(epoch))
    return seen


def test_a_constant_rate_stays():
    assert rates(3) == [0.1] * 3


def test_warmup_rises_to_the_full_rate():
    assert rates(5, schedule={"name": "constant", "warmup_epochs": 3}) == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1])


def test_cosine_falls_from_the_full_rate_to_nearly_none():
    fallen = rates(10, epochs=10, schedule={"name": "cosine", "warmup_epochs": 2})
    assert fallen[2] == 0.1
    assert fallen[6] == pytest.approx(0.05)
    assert fallen[2:] == sorted(fallen[2:], reverse=True)
    assert 0.0 < fallen[9] < 0.005


def test_a_plateau_lowers_the_rate_each_time_and_not_below_the_minimum():
    plateau = {"name": "plateau", "factor": 0.1, "patience": 2, "minimum": 0.005}
    made = [course([1.0] * epochs, schedule=plateau).learning_rate() for epochs in range(7)]
    assert made == pytest.approx([0.1, 0.1, 0.1, 0.01, 0.01, 0.005, 0.005])


def test_a_gain_ends_the_plateau():
    plateau = {"name": "plateau", "factor": 0.1, "patience": 2}
    assert course([1.0, 1.0, 0.9, 0.9], schedule=plateau).learning_rate() == 0.1


def test_training_stops_after_so_many_epochs_without_a_gain():
    stopping = {"monitor": "val_loss", "patience": 2}
    assert not course([1.0, 0.8, 0.9], early_stopping=stopping).ended
    ended = course([1.0, 0.8, 0.9, 0.85], early_stopping=stopping)
    assert ended.ended
    assert ended.stopped_early
    assert ended.best_epoch == 1


def test_having_no_gain_at_the_last_epoch_is_not_stopping_early():
    ended = course([1.0, 1.1, 1.2], epochs=3, early_stopping={"monitor": "val_loss", "patience": 2})
    assert ended.ended
    assert not ended.stopped_early


def test_a_gain_below_min_delta_is_none():
    stopping = {"monitor": "val_loss", "patience": 2, "min_delta": 0.1}
    assert course([1.0, 0.95, 0.91], early_stopping=stopping).best_epoch == 0


def test_accuracy_is_better_when_higher():
    made = Course(params(epochs=9, early_stopping={"monitor": "val_accuracy", "patience": 2}))
    for epoch, accuracy in enumerate([0.3, 0.5, 0.4]):
        made.see(report(epoch, val_accuracy=accuracy))
    assert made.best_epoch == 1


def test_without_early_stopping_the_last_epoch_counts():
    assert course([1.0, 0.5, 2.0]).best_epoch == 2
    assert course([1.0, 0.5, 2.0], epochs=3).ended


def test_history_has_the_columns_that_others_read_in_full_precision():
    lines = history_csv([report(0, val_loss=1 / 3)]).splitlines()
    assert lines[0] == "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds"
    assert float(lines[1].split(",")[3]) == 1 / 3
