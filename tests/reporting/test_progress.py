import time

import pytest

from flows.reporting.progress import HINT, METER
from mien import progress


@pytest.mark.parametrize("note", ["", "loss 1.234"])
def test_the_lines_of_a_meter_are_understood(capsys, monkeypatch, note):
    monkeypatch.setattr(progress, "PIPE_INTERVAL", 0.0)
    with progress.meter("training", 4000) as meter:
        meter.advance(1000, note)
    found = METER.match(capsys.readouterr().err.strip())
    assert found is not None
    assert (found["title"], found["share"]) == ("training", "25")
    assert "s left, " in found["rest"]


def test_what_an_earlier_run_has_done_says_nothing_about_the_rate(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PIPE_INTERVAL", 0.0)
    with progress.meter("ingest", 1000) as meter:
        time.sleep(0.01)
        meter.skip(600)
        meter.advance(1)
    skipped, line = capsys.readouterr().err.splitlines()
    assert "600 of 1,000 (60%)" in skipped
    assert ", 0.0/s" in skipped
    assert 0 < float(line.split(" s left, ")[1].removesuffix("/s")) <= 100


def test_other_lines_are_not_taken_for_progress():
    assert not METER.match("train: 25 epochs; best is 20: validation accuracy 0.812, loss 0.601")
    assert not METER.match("ingest: 300 faces of 300 rows (Training 220, PublicTest 40, PrivateTest 40); refused: none")


def test_what_dvc_advises_at_a_terminal_is_left_out_and_nothing_of_a_stage():
    assert HINT.match("To track the changes with git, run:")
    assert HINT.match("\tgit add dvc.lock")
    assert not HINT.match("train: To track")
