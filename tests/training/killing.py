"""Trainings in processes that can be killed. They are forked from a server that has imported Keras once."""

import multiprocessing
import os
import signal
from pathlib import Path

from mien.training.learner import Learner
from mien.training.trainer import train_model
from tests.training import tiny


def start(target, *arguments):
    """A process that runs `target(*arguments)`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mien.training.trainer"])
    process = context.Process(target=target, args=arguments)
    process.start()
    return process


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def train(folder: Path, epochs: int, before=lambda: None):
    """Train in `folder`/checkpoints; writes digest of the weights and epochs gone on from to `folder`/result."""
    before()
    params = tiny.params(**tiny.EVERYTHING, epochs=epochs)
    trained = train_model(tiny.data(), params, folder / "checkpoints", tell=lambda _: None, build=tiny.network)
    (folder / "result").write_text(f"{trained.facts.weights_sha256} {trained.resumed_after}")


def die_in_step(number):
    """Be killed before batch `number` (from 0, over all epochs) of this process."""
    real, steps = Learner.step, iter(range(10**6))

    def step(*arguments):
        if next(steps) == number:
            die()
        return real(*arguments)

    Learner.step = step


def die_in_call(name, number):
    """Be killed instead of call `number` (from 0) of `os.fsync` or `os.replace` in this process."""
    real, calls = getattr(os, name), iter(range(10**6))

    def instead(*arguments):
        if next(calls) == number:
            die()
        return real(*arguments)

    setattr(os, name, instead)
