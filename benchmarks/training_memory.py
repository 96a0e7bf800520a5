"""Does the memory of training grow with the number of faces? The peak of one epoch at three sizes.

    python benchmarks/training_memory.py [--faces 20000 200000 1000000] [--folder /tmp]

Faces of 48 x 48 are read by index from their file, as the stage `train` reads them, by a network so small that the
reading counts; each size in a process of its own. The peak is that of the whole process, Keras and its backend
included, and what it has mapped of files too (VmHWM). Linux only.
"""

import argparse
import math
import multiprocessing
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

CLASSES, CHUNK = 7, 20_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, nargs="+", default=[20_000, 200_000, 1_000_000])
    parser.add_argument("--folder", type=Path, help="for the array of faces: 2.3 GB for a million")
    options = parser.parse_args()
    print(f"{'faces':>10} {'array':>9} {'peak':>9} {'faces/s':>9}", flush=True)
    for count in options.faces:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            write(Path(folder) / "images.npy", count)
            process = multiprocessing.get_context("spawn").Process(target=measure, args=(Path(folder), count))
            process.start()
            process.join()


def write(path, count):
    """Noise, a part at a time."""
    generator = np.random.default_rng(0)
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (count, 48, 48))
    for start in range(0, count, CHUNK):
        images[start : start + CHUNK] = generator.integers(0, 256, images[start : start + CHUNK].shape, np.uint8)
    images.flush()


def measure(folder, count):
    """One epoch; a line of what it took."""
    from mien.params import TrainParams
    from mien.training.data import FaceSet, TrainingData
    from mien.training.stored import StoredImages
    from mien.training.trainer import train_model

    labels = np.random.default_rng(1).integers(0, CLASSES, count).astype(np.int16)
    images = StoredImages(folder / "images.npy")
    last = count - 1000
    parts = [FaceSet(((images, rows),), labels[rows]) for rows in (np.arange(last), np.arange(last, count))]
    params = TrainParams(epochs=1, batch_size=256, early_stopping=None, strategy="one")
    data = TrainingData(*parts, tuple("abcdefg"))
    trained = train_model(data, params, folder / "checkpoints", build=network)
    rate, megabytes = trained.history[0].images_per_second, peak_bytes() / 1e6
    print(f"{count:10,} {math.prod(images.shape) / 1e6:6,.0f} MB {megabytes:6,.0f} MB {rate:9,.0f}", flush=True)


def peak_bytes():
    """The most memory that this process has had."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def network(_name, classes, *, shape, mean, std, **_options):
    """One layer."""
    import keras

    faces = keras.Input(shape, dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.AveragePooling2D(4)(keras.layers.Rescaling(1 / std, -mean / std)(faces)))
    return keras.Model(faces, keras.layers.Dense(classes, activation="softmax")(x))


if __name__ == "__main__":
    main()
