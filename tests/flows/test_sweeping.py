"""What a sweep does around its trials, without servers and without training."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from optuna.trial import TrialState

from flows.checkout import kept
from flows.checkout.lock import only_run
from flows.errors import FlowError
from flows.sweeping import workers
from flows.sweeping.hold import REPORT, check_ended
from flows.sweeping.page import page
from flows.sweeping.program import main
from flows.sweeping.workers import run_on_workers
from mien.params import load_params
from mien.sweep.budget import Budget
from mien.sweep.report import PICTURE, write_report
from mien.sweep.study import load_study, open_study, repeat_killed
from tests.sweep.spaces import begin, play, settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PARAMS = "train:\n  epochs: 25  # of a person\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MIEN_SWEEP_STORAGE", raising=False)
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")


def rounds(monkeypatch, done):
    """The rounds that are begun; each does `done` instead of sending for workers."""
    begun = []

    def one(name, *_):
        begun.append(name)
        done(load_study(name))
        return []

    monkeypatch.setattr(workers, "_round", one)
    return begun


def test_workers_go_on_with_a_trial_whose_process_died_though_every_place_of_the_budget_has_begun(monkeypatch):
    def done(study):
        if repeat_killed(study, lambda process: process == "alive"):
            play(study, 1)

    study = open_study(settings(), "one")
    play(study, 1)
    begin(study, "dead")
    begun = rounds(monkeypatch, done)
    run_on_workers("one", Budget(2), 2, print)
    assert begun == ["one"]
    assert load_study("one").trials[-1].state == TrialState.COMPLETE
    check_ended(load_study("one"))


def test_a_trial_that_runs_elsewhere_is_not_waited_for_but_the_sweep_has_not_ended(monkeypatch):
    study = open_study(settings(), "one")
    begin(study, "alive")
    begun = rounds(monkeypatch, lambda _: None)
    run_on_workers("one", Budget(1), 2, print)
    assert begun == ["one"]
    with pytest.raises(FlowError, match="1 trial has not ended"):
        check_ended(load_study("one"))


def apply(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["sweep", "--apply", "--study", "one", *words])
    main()


def test_the_best_trial_goes_into_the_params_of_before_a_run_that_was_killed(monkeypatch):
    play(open_study(settings(), "one"), 2)
    kept.keep("killed", {Path("params.yaml"): "train:\n  epochs: 1\n"})
    Path("params.yaml").write_text("train:\n  epochs: 1\n")
    apply(monkeypatch)
    assert load_params().train.epochs == 25
    assert load_params().train.network.name == "affectnet_cnn"
    assert kept.owner() is None
    assert "# of a person" in Path("params.yaml").read_text()


def test_the_best_trial_is_not_applied_while_a_flow_holds_the_checkout():
    play(open_study(settings(), "one"), 2)
    words = [sys.executable, "-m", "flows.sweep", "--apply", "--study", "one"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with only_run("a pipeline", print):
        applying = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            assert "waiting: a pipeline" in applying.stdout.readline()
            assert Path("params.yaml").read_text() == PARAMS
        finally:
            applying.send_signal(signal.SIGKILL)
            applying.communicate()


def test_the_budget_is_refused_beside_apply(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        apply(monkeypatch, "--trials", "5")
    assert "--trials: not allowed with argument --apply" in capsys.readouterr().err


def test_the_page_of_a_study_without_trials_does_not_show_the_picture_of_another():
    other = open_study(settings(), "one")
    play(other, 1)
    write_report(other, REPORT)
    assert (REPORT / PICTURE).exists()
    assert "data:image" in page(other)
    assert "data:image" not in page(open_study(settings(), "two"))
