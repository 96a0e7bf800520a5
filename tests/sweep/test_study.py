import os
import signal
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from mien.errors import ParamsError, SweepError
from mien.params import SweepParams, TrainParams
from mien.sweep.budget import Budget
from mien.sweep.places import EPOCHS, TRIES, by_place, place_of, reason_of
from mien.sweep.settings import Settings
from mien.sweep.storage import known, open_storage, study_folder
from mien.sweep.study import load_study, open_study, repeat_killed
from tests.sweep.spaces import SPACE, begin, play, settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MIEN_SWEEP_STORAGE", raising=False)


def drawn(study):
    return {place: trial.params for place, trial in by_place(study.trials).items()}


def kill(study):
    """Say that every process is gone."""
    return repeat_killed(study, lambda process: False)


def test_the_same_seed_draws_the_same_trials_in_whatever_process_and_another_seed_others(tmp_path, monkeypatch):
    play(open_study(settings()), 14)
    first = drawn(load_study(settings().name))
    assert len({str(params) for params in first.values()}) == 14
    for name, seed in (("again", 42), ("other", 7)):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        for _ in range(7):  # a process of its own for every second trial
            play(open_study(settings(seed=seed)), 2)
        assert (drawn(load_study(settings(seed=seed).name)) == first) == (seed == 42)


def test_a_killed_trial_is_repeated_in_its_place_with_its_values_and_the_others_are_as_if_nothing_had_been():
    whole = open_study(settings(), "whole")
    play(whole, 13)
    study = open_study(settings(), "killed")
    play(study, 3)
    dead = begin(study, "dead")
    study = load_study("killed")  # by the next process
    assert [trial.number for trial in kill(study)] == [dead.number]
    play(study, 10)
    assert drawn(study) == drawn(whole)
    assert [place_of(trial, study.trials) for trial in study.trials[:6]] == [1, 2, 3, 4, 4, 5]
    assert study.trials[3].state == TrialState.FAIL
    assert study.trials[4].state == TrialState.COMPLETE
    assert len(by_place(study.trials)) == 13


def test_a_trial_whose_process_is_killed_again_and_again_has_failed():
    study = open_study(settings())
    for _ in range(TRIES):
        begin(study, "dead")
        kill(study)
    assert [trial.state for trial in study.trials] == [TrialState.FAIL] * TRIES
    [(place, last)] = by_place(study.trials).items()
    assert place == 1
    assert reason_of(last) == "its process was killed 3 times; it may need too much memory"
    assert not Budget(1).allows(study)


def test_a_trial_that_comes_further_each_time_is_never_given_up():
    study = open_study(settings())
    for epochs in range(1, 2 * TRIES):
        begin(study, "dead").set_user_attr(EPOCHS, [{}] * epochs)
        kill(study)
    assert study.trials[-1].state == TrialState.WAITING
    for _ in range(TRIES):  # and now no further
        begin(study, "dead").set_user_attr(EPOCHS, [{}] * epochs)
        kill(study)
    assert study.trials[-1].state == TrialState.FAIL
    assert kill(study) == []


def test_a_process_killed_before_it_named_itself_in_its_trial_holds_up_nobody():
    study = open_study(settings())
    study.ask()
    assert repeat_killed(study, lambda process: True)
    assert [trial.state for trial in study.trials] == [TrialState.FAIL, TrialState.WAITING]
    play(study, 1)
    assert list(by_place(study.trials)) == [1]


def test_a_process_killed_while_it_has_a_trial_repeated_leaves_that_to_the_next_and_once_is_enough():
    study = open_study(settings())
    dead = begin(study, "dead")
    study.tell(dead.number, state=TrialState.FAIL)  # it was killed after this
    for found in (1, 0):
        assert len(kill(study)) == found
        assert [trial.state for trial in study.trials] == [TrialState.FAIL, TrialState.WAITING]
    assert study.trials[1].params == dead.params


def test_a_trial_whose_process_lives_is_left_alone():
    study = open_study(settings())
    begin(study, "alive")
    assert repeat_killed(study, lambda process: process == "alive") == []
    assert study.trials[0].state == TrialState.RUNNING


def test_the_budget_counts_trials_that_run_but_not_repetitions():
    study = open_study(settings())
    play(study, 1)
    begin(study, "dead")
    assert not Budget(2).allows(study)
    kill(study)
    assert Budget(2).allows(study)  # the one that is to be repeated
    assert not Budget(2, until=1.0).allows(study)
    play(study, 1)
    assert not Budget(2).allows(study)
    assert Budget(3).allows(study)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data": "other faces"}, 'data ("faces" there, "other faces" here)'),
        ({"keras": "4"}, 'versions.keras ("3" there, "4" here)'),
        ({"epochs": 4}, "sweep.epochs (3 there, 4 here)"),
        ({"train": {"batch_size": 32}}, "train.batch_size (128 there, 32 here)"),
        ({"space": {**SPACE, "learning_rate": None}}, "sweep.space.learning_rate"),
    ],
)
def test_a_study_of_other_data_or_settings_is_refused_by_name_and_another_one_without(changes, said):
    open_study(settings(), "mine")
    with pytest.raises(SweepError) as caught:
        open_study(settings(**changes), "mine")
    assert said in str(caught.value)
    assert "begin a new study" in str(caught.value)
    assert open_study(settings(**changes)).study_name != open_study(settings()).study_name


def test_neither_the_budget_nor_what_is_drawn_anyway_makes_another_study():
    same = settings({"network": {"name": "deep_cnn"}, "epochs": 77, "optimizer": {"learning_rate": 0.5}}, trials=99)
    assert same.name == settings().name
    assert settings({"optimizer": {"name": "sgd"}}).name != settings().name


def test_an_unknown_study_names_the_known_ones():
    open_study(settings(), "one")
    with pytest.raises(SweepError, match=r"no study 'two' .* Known here \(--study NAME\): one"):
        load_study("two")
    assert known() == ["one"]


def test_a_study_whose_process_was_killed_before_it_wrote_the_settings_is_said_to_be_empty_and_can_be_begun():
    optuna.create_study(storage=open_storage("empty"), study_name="empty", direction="maximize")
    with pytest.raises(SweepError, match="'empty' was killed before it began"):
        load_study("empty")
    play(open_study(settings(), "empty"), 1)
    assert len(load_study("empty").trials) == 1


def test_what_a_machine_that_went_down_has_left_of_a_line_is_cut_off():
    play(open_study(settings(), "torn"), 2)
    journal = study_folder("torn") / "study.journal"
    with journal.open("ab") as file:
        file.write(b'{"op_code":4,"wor')
    play(load_study("torn"), 1)
    assert len(load_study("torn").trials) == 3


def test_a_process_that_dies_with_the_lock_of_the_file_holds_up_nobody():
    play(open_study(settings(), "locked"), 1)
    program = (
        "from mien.sweep.storage import _SystemLock; _SystemLock('.mien/sweep/locked/study.journal').acquire(); "
        "print('held', flush=True); input()"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", program]
    with subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        holder.send_signal(signal.SIGKILL)
    play(load_study("locked"), 1)


def test_sqlite_is_refused(monkeypatch):
    monkeypatch.setenv("MIEN_SWEEP_STORAGE", "sqlite:///studies.db")
    with pytest.raises(SweepError, match="PostgreSQL"):
        open_study(settings())


def test_a_study_has_no_trials_of_several_processes():
    train = TrainParams(network={"name": "affectnet_cnn"}, strategy="multi_worker")
    with pytest.raises(ParamsError, match="each trial of a sweep learns in one process"):
        Settings.of(train, SweepParams(), None)
