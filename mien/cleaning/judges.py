"""Networks that judge the labels of faces they have not seen: one for each fold, each in a process with one core.

With one core each, the sums of a network do not depend on how many cores there are, and small networks learn no slower:
the folds share the cores instead. The device is always the processor, whose results are the same from run to run.
"""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import TypeAlias

import numpy as np

from mien.cleaning.batches import cores
from mien.cleaning.doubt import Folds
from mien.errors import TrainingError
from mien.params import DoubtfulLabels
from mien.progress import meter

Counter: TypeAlias = "Synchronized[int]"

Task = tuple[np.ndarray, np.ndarray, int, int, int]
"""Of a fold: positions to learn from and to judge, number of labels, epochs, seed."""

ONE_CORE = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "JAX_PLATFORMS": "cpu",
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
"""Read by the backends of Keras when they are imported."""

SHOWN, FEWEST_EPOCHS, MOST_EPOCHS = 160_000, 8, 100
"""Faces that a network is shown where the epochs are not given, and between how many epochs that is.

Of 5 % planted among 2,000 drawn faces 80 % are found after 40 epochs, and 87 % after 80."""

_done: Counter
"""In a process of the pool: epochs that all of them have done."""

_faces: tuple[np.ndarray, np.ndarray]
"""In a process of the pool: the images and codes that tasks name by position."""

POLL = 2.0
"""Seconds between two looks at the progress."""


def judge(images: np.ndarray, codes: np.ndarray, folds: Folds, classes: int, params: DoubtfulLabels) -> np.ndarray:
    """Judge every face by the network of its fold.

    Args:
        images: uint8 (N, SIDE, SIDE) gray.
        codes: (N,) labels 0 to `classes` - 1.
        folds: together they judge every face once.
        classes: number of labels.
        params: seed of the networks and their epochs; where these are null, as many as show SHOWN faces.

    Returns:
        Probabilities, float64 (N, classes). The same whatever the number of cores.
    """
    epochs = params.epochs or min(MOST_EPOCHS, max(FEWEST_EPOCHS, SHOWN // len(codes)))
    probabilities = np.zeros((len(codes), classes))
    tasks = [(seen, unseen, classes, epochs, _seed(params.seed, number)) for number, (seen, unseen) in enumerate(folds)]
    try:
        answers = _in_processes(tasks, (images, codes), epochs * len(folds))
    except BrokenProcessPool:
        raise TrainingError(
            "a process that judged labels (clean.doubtful_labels) was ended from outside, most likely because memory "
            "ran out. Give the machine more, or run on fewer cores (`taskset`): each takes a network and its faces."
        ) from None
    for (_, unseen), answer in zip(folds, answers, strict=True):
        probabilities[unseen] = answer
    return probabilities


def _in_processes(tasks: Sequence[Task], faces: tuple[np.ndarray, np.ndarray], epochs: int) -> list[np.ndarray]:
    """The answers of `_fold` to all tasks; whatever ends this function ends the processes too."""
    context = get_context("spawn")
    done: Counter = context.Value("i", 0)
    alive, owner = context.Pipe(duplex=False)
    workers = min(len(tasks), cores())
    with _one_core(), ProcessPoolExecutor(workers, context, _begin, (done, alive, faces)) as pool, owner:
        futures = [pool.submit(_fold, task) for task in tasks]
        _watch(futures, done, epochs)
        return [future.result() for future in futures]


def _seed(seed: int, number: int) -> int:
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


@contextmanager
def _one_core() -> Iterator[None]:
    """Let processes that are started meanwhile inherit ONE_CORE."""
    before = dict(os.environ)
    os.environ.update(ONE_CORE)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _watch(futures: Sequence[Future[np.ndarray]], done: Counter, epochs: int) -> None:
    """Show how many epochs are done until all folds have ended; what one raises is raised at once."""
    with meter("labels judged, epochs", epochs) as progress:
        while True:
            ended, running = wait(futures, POLL, FIRST_EXCEPTION)
            if count := done.value - progress.done:
                progress.advance(count)
            for future in ended:
                future.result()
            if not running:
                return


def _begin(done: Counter, alive: Connection, faces: tuple[np.ndarray, np.ndarray]) -> None:
    """Make ready a process of the pool: silent, as what goes wrong is raised where it was asked for."""
    global _done, _faces
    _done, _faces = done, faces
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()


def _end_with(alive: Connection) -> None:
    """End this process when the other end of the pipe is closed, or its owner is dead."""
    with suppress(EOFError):
        alive.recv()
    os._exit(1)


def _fold(task: Task) -> np.ndarray:
    """Runs in a process of the pool."""
    from mien.cleaning import expressions

    images, codes = _faces
    seen, unseen, classes, epochs, seed = task
    model = expressions.learn(images[seen], codes[seen], classes, epochs, seed, _tick)
    return expressions.probabilities(model, images[unseen], seed)


def _tick() -> None:
    with _done.get_lock():
        _done.value += 1
