"""Is our training step as fast as Keras? Images per second of our training loop against a bare `model.fit`.

    python benchmarks/training.py [--network vgg_small] [--seconds 2] [--repetitions 9] [--jit]

For the network of every preset, or the named ones: the same network, the same faces, the batch size of its preset;
`fit` has the faces as one array in memory, our loop reads a memory map by index. One epoch of each in turn, so many
faces that it takes about so many seconds; medians, and the median of the ratios of neighbours, which a busy machine
disturbs least. The aim is a ratio of at least 0.9.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from mien.networks import build
from mien.params import parse_params
from mien.presets import PRESETS, load_preset
from mien.training.data import FaceSet, TrainingData, targets
from mien.training.epochs import EpochRunner
from mien.training.learner import Learner
from mien.training.parallel import Single

CLASSES = 7
MOST_FACES, BATCHES_OF_A_TRIAL = 8192, 4


def main() -> None:
    """Measure and print."""
    options = arguments()
    print(f"{'network':<14} {'batch':>5} {'faces':>6} {'our loop':>12} {'bare fit':>12} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        np.save(path, np.random.default_rng(0).integers(0, 256, (MOST_FACES, 48, 48), dtype=np.uint8))
        for name, params in networks().items():
            if not options.network or name in options.network:
                measure(name, params.model_copy(update={"jit_compile": options.jit}), path, options)


def networks():
    """What the presets say of training, by their networks, without the changes of faces, which `fit` does not make."""
    trains = (parse_params(load_preset(name).sections()).train for name in PRESETS)
    return {train.network.name: train.model_copy(update={"augment_online": None}) for train in trains}


def measure(name, params, path, options):
    """Run both in turn and print a line of medians."""
    ours, bare = our_epochs(path, params), bare_epochs(path, params)
    count = faces_for(options.seconds, bare, params.batch_size)
    for epoch in (ours, bare):  # compiles
        epoch(count)
    pairs = [(ours(count), bare(count)) for _ in range(options.repetitions)]
    mine, theirs = (count / statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    ratio = statistics.median(their / my for my, their in pairs)
    print(f"{name:<14} {params.batch_size:5} {count:6,} {mine:10,.0f}/s {theirs:10,.0f}/s {ratio:6.2f}", flush=True)


def faces_for(seconds, epoch, batch_size):
    """Whole batches of faces that `fit` needs about `seconds` for."""
    few = BATCHES_OF_A_TRIAL * batch_size
    epoch(few)  # compiles
    batches = round(seconds / epoch(few) * BATCHES_OF_A_TRIAL)
    return min(max(batches, BATCHES_OF_A_TRIAL), MOST_FACES // batch_size) * batch_size


def our_epochs(path, params):
    """A function that runs our next epoch on so many faces and gives its seconds of learning."""
    images, labels, made = np.load(path, mmap_mode="r"), some_labels(), learner(params)
    everybody, epochs = np.arange(MOST_FACES), iter(range(10**6))
    few = FaceSet(((images, everybody[:1]),), labels[:1])

    def epoch(count):
        faces = FaceSet(((images, everybody[:count]),), labels[:count])
        runner = EpochRunner(made, TrainingData(faces, few, tuple("abcdefg")), params)
        return count / runner.run(next(epochs), 1e-4, lambda *_: None).images_per_second

    return epoch


def bare_epochs(path, params):
    """The same for `fit` on arrays."""
    images, wanted, model = np.load(path)[..., None], targets(CLASSES)[some_labels()], learner(params).model

    def epoch(count):
        started = time.perf_counter()
        model.fit(images[:count], wanted[:count], batch_size=params.batch_size, epochs=1, verbose=0)
        return time.perf_counter() - started

    return epoch


def some_labels():
    """Int16 (MOST_FACES,)."""
    return np.random.default_rng(1).integers(0, CLASSES, MOST_FACES).astype(np.int16)


def learner(params):
    """A fresh network, compiled; the same for both."""
    keras.utils.set_random_seed(0)
    return Learner(build(params.network.name, CLASSES, **params.network.options), params, Single("auto"))


def arguments():
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", action="append", help="only this one; may be given again")
    parser.add_argument("--seconds", type=float, default=2.0, help="of one epoch")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--jit", action="store_true", help="compile with XLA")
    return parser.parse_args()


if __name__ == "__main__":
    main()
