"""Is the input pipeline the bottleneck? Images per second of our training loop against a bare `model.fit`.

    python benchmarks/training.py [--faces 5120] [--batch-size 128] [--repetitions 7] [--network vgg_small]

The same network, the same drawn faces: `fit` has them as one array in memory, our loop reads a memory map by index.
One epoch of each in turn; medians, and the median of the ratios of neighbours, which a busy machine disturbs least.
The aim is a ratio of at least 0.9.
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
from mien.params import NetworkParams, TrainParams
from mien.training.data import FaceSet, TrainingData, targets
from mien.training.epochs import EpochRunner
from mien.training.learner import Learner
from mien.training.parallel import Single

CLASSES = 7


def main() -> None:
    """Measure and print."""
    options = arguments()
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (options.faces, 48, 48), dtype=np.uint8)
    labels = generator.integers(0, CLASSES, options.faces).astype(np.int16)
    params = TrainParams(
        batch_size=options.batch_size, jit_compile=options.jit, network=NetworkParams(name=options.network)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        np.save(path, images)
        ours = our_epochs(np.asarray(np.load(path, mmap_mode="r")), labels, params)
        bare = bare_epochs(images[..., None], targets(CLASSES)[labels], params)
        compare(ours, bare, options)


def our_epochs(images, labels, params):
    """A function that runs our next epoch and gives its seconds of learning."""
    everybody = np.arange(len(labels))
    faces = FaceSet(((images, everybody),), labels)
    few = FaceSet(((images, everybody[:1]),), labels[:1])
    runner = EpochRunner(learner(params), TrainingData(faces, few, tuple("abcdefg")), params)
    epochs = iter(range(10**6))
    return lambda: len(labels) / runner.run(next(epochs), 1e-3, lambda *_: None).images_per_second


def bare_epochs(images, labels, params):
    """The same for `fit` on arrays."""
    model = learner(params).model

    def epoch():
        started = time.perf_counter()
        model.fit(images, labels, batch_size=params.batch_size, epochs=1, verbose=0)
        return time.perf_counter() - started

    return epoch


def learner(params):
    """A fresh network, compiled; the same for both."""
    keras.utils.set_random_seed(0)
    return Learner(build(params.network.name, CLASSES), params, Single("auto"))


def compare(ours, bare, options):
    """Run both in turn and print medians."""
    for epoch in (ours, bare):  # compiles
        epoch()
    pairs = [(ours(), bare()) for _ in range(options.repetitions)]
    mine, theirs = (options.faces / statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    ratio = statistics.median(their / my for my, their in pairs)
    print(f"our loop   {mine:8,.0f} images/s")
    print(f"bare fit   {theirs:8,.0f} images/s")
    print(f"ratio      {ratio:8.2f}   (aim: at least 0.90)")


def arguments():
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=5120)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--network", default="vgg_small")
    parser.add_argument("--jit", action="store_true", help="compile with XLA")
    return parser.parse_args()


if __name__ == "__main__":
    main()
