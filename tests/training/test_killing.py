"""Killed at any moment, training goes on and ends with the weights of an uninterrupted one."""

import functools
import random
import signal
import time

import pytest

from mien.training.trainer import train_model
from tests.training import killing, tiny


def uninterrupted(folder, epochs):
    params = tiny.params(**tiny.EVERYTHING, epochs=epochs)
    trained = train_model(tiny.data(), params, folder, tell=lambda _: None, build=tiny.network)
    return trained.facts.weights_sha256


def finished_epochs(folder):
    """Of the newest checkpoint."""
    return max((int(path.name[6:]) for path in folder.glob("checkpoints/*/epoch-??????")), default=0)


def end(process, expected):
    process.join(60)
    assert process.exitcode == expected


def test_three_kills_change_nothing_in_the_final_weights(tmp_path):
    moments = [
        functools.partial(killing.die_in_step, 4),  # in the middle of the second epoch
        functools.partial(
            killing.die_in_call, "replace", 0
        ),  # before the first checkpoint of this process gets its name
        functools.partial(killing.die_in_call, "fsync", 9),  # between the files of the second one: 6 or 7 in each
    ]
    reached = []
    for moment in moments:
        end(killing.start(killing.train, tmp_path, 4, moment), -signal.SIGKILL)
        reached.append(finished_epochs(tmp_path))
    assert reached == [1, 1, 2]
    end(killing.start(killing.train, tmp_path, 4), 0)
    digest, resumed_after = (tmp_path / "result").read_text().split()
    assert digest == uninterrupted(tmp_path / "uninterrupted", 4)
    assert int(resumed_after) == 2
    assert not list(tmp_path.glob("checkpoints/*/*.tmp"))


@pytest.mark.slow
def test_twenty_kills_at_random_moments_change_nothing_in_the_final_weights(tmp_path):
    generator, epochs = random.Random(0), 300
    for _ in range(20):
        before = finished_epochs(tmp_path)
        process = killing.start(killing.train, tmp_path, epochs)
        wait_for(tmp_path, before + generator.randint(1, 3), process)
        time.sleep(generator.uniform(0.0, 0.05))
        process.kill()
        end(process, -signal.SIGKILL)
        assert finished_epochs(tmp_path) > before
    end(killing.start(killing.train, tmp_path, epochs), 0)
    digest, resumed_after = (tmp_path / "result").read_text().split()
    assert int(resumed_after) >= 20
    assert digest == uninterrupted(tmp_path / "uninterrupted", epochs)


def wait_for(folder, epochs, process):
    while finished_epochs(folder) < epochs and process.is_alive():
        time.sleep(0.001)
