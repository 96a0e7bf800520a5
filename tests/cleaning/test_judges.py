import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from mien.cleaning.doubt import folds_of
from mien.cleaning.judges import judge
from mien.params import DoubtfulLabels

pytestmark = pytest.mark.slow

PARAMS = DoubtfulLabels(folds=2, epochs=30)


def gratings(count=240, wrong=12):
    """Faces of three labels: stripes across, down, or both, somewhere, in noise; and which labels are wrong."""
    rng = np.random.default_rng(8)
    codes = np.arange(count) % 3
    waves = np.sin(np.arange(48) / 2 + rng.uniform(0, 6, (2, count, 1)))
    across, down = (
        waves[0][:, None, :] * (codes != 1)[:, None, None],
        waves[1][:, :, None] * (codes != 0)[:, None, None],
    )
    images = (128 + 30 * (across + down) + rng.normal(0, 10, (count, 48, 48))).clip(0, 255).astype(np.uint8)
    rows = rng.choice(count, wrong, replace=False)
    given = codes.copy()
    given[rows] = (codes[rows] + 1) % 3
    return images, given, set(rows.tolist())


def judged():
    images, codes, _ = gratings()
    return judge(images, codes, folds_of(codes, np.arange(len(codes)), PARAMS), 3, PARAMS)


def on_cores(cores, work):
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        return work()
    finally:
        os.sched_setaffinity(0, before)


def test_wrong_labels_are_found_and_the_number_of_cores_changes_no_bit():
    _, codes, wrong = gratings()
    probabilities = judged()
    least = np.argsort(probabilities[np.arange(len(codes)), codes])[: len(wrong)]
    assert len(wrong & set(least.tolist())) > 0.8 * len(wrong)
    one = {min(os.sched_getaffinity(0))}
    np.testing.assert_array_equal(on_cores(one, judged), probabilities)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="on one core the folds come one after another")
def test_what_goes_wrong_in_a_fold_is_raised_while_others_still_learn():
    images, codes, _ = gratings(count=24)
    codes = np.minimum(codes, 1)
    codes[0] = 2  # a label too many: only the second fold learns from it
    halves = np.arange(12), np.arange(12, 24)
    started = time.monotonic()
    with pytest.raises(IndexError):
        judge(images, codes, [halves[::-1], halves], 2, DoubtfulLabels(folds=2, epochs=4000))
    assert time.monotonic() - started < 120


def test_the_processes_end_when_the_one_that_asked_is_killed():
    asks = "from tests.cleaning.test_judges import judged\nif __name__ == '__main__': judged()"
    asking = subprocess.Popen([sys.executable, "-c", asks])
    try:
        processes = wait_for(lambda: workers_of(asking.pid))
        asking.send_signal(signal.SIGKILL)
        asking.wait()
        assert wait_for(lambda: not [process for process in processes if process.is_running()])
    finally:
        asking.kill()


def workers_of(process):
    children = psutil.Process(process).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (met := condition()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return met
