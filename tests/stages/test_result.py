import pytest

from flows.checkout.child import CommandFailedError
from flows.errors import PassingError
from flows.stages.result import EXECUTED, RESTORED, explain, kind

DVC_ENDED = "ERROR: failed to reproduce 'train': failed to run: python -m tasks.train, exited with {}"


def failed(*lines: str) -> CommandFailedError:
    return CommandFailedError("dvc repro --single-item train", 255, lines)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Running stage 'train':", EXECUTED),
        ("Verifying data sources in stage: 'data.dvc'", EXECUTED),
        ("Stage 'train' is cached - skipping run, checking out outputs", RESTORED),
        ("Pulling data for stage: 'train'", RESTORED),
    ],
)
def test_the_lines_of_dvc_tell_what_was_executed_and_what_was_restored(line, expected):
    assert kind(["Updating lock file 'dvc.lock'", line]) == expected


def test_a_failure_is_told_in_the_words_of_the_stage_and_is_final():
    error = explain(
        "train", failed("Running stage 'train':", "train failed: loss is NaN", "epoch 3", DVC_ENDED.format(1))
    )
    assert str(error) == "train failed: loss is NaN\nepoch 3"
    assert not isinstance(error, PassingError)


def test_a_stage_that_says_that_it_may_pass_is_tried_again():
    error = explain("train", failed("train failed: the tracking server does not answer", DVC_ENDED.format(75)))
    assert isinstance(error, PassingError)


def test_a_program_that_is_no_stage_and_says_that_it_may_pass_is_tried_again():
    said = ["trials failed: the tracking server does not answer"]
    for code, passes in ((75, True), (1, False)):
        error = explain("trials", CommandFailedError("python -m tasks.trials", code, said))
        assert (str(error), isinstance(error, PassingError)) == (said[0], passes)


def test_a_stage_that_was_killed_says_so_and_is_final():
    error = explain("train", failed("epoch 1", DVC_ENDED.format(-9)))
    assert "ended with exit code -9 (killed)" in str(error)
    assert not isinstance(error, PassingError)


def test_words_about_connections_in_a_stages_own_failure_do_not_make_it_pass():
    error = explain("train", failed("train failed: connection of layers is wrong", DVC_ENDED.format(1)))
    assert not isinstance(error, PassingError)


@pytest.mark.parametrize(
    ("line", "passes"),
    [
        ("ERROR: unexpected error - Could not connect to the endpoint URL", True),
        ("ERROR: unexpected error - Connection refused", True),
        ("ERROR: 'build/train' is busy, it is being blocked by:", True),
        ("ERROR: Unable to acquire lock. Most likely another DVC process is running", True),
        ("ERROR: config file error: no remote specified", False),
        ("ERROR: failed to reproduce 'data.dvc': missing data 'source': data", False),
    ],
)
def test_a_failure_of_dvc_itself_passes_only_when_it_is_an_outage_or_a_lock(line, passes):
    assert isinstance(explain("train", failed(line)), PassingError) is passes
