"""How many faces a second and core are changed: one composed warp against the usual ways. About half a minute.

    uv run python benchmarks/augmentation.py

All ways get the same faces and ranges (rotation, shifts, shear, zoom, flip, brightness) in one run, in turns, so that
whatever else the machine does hits all of them. The figure is faces per second of processor time, the median of the
rounds; processor time counts every thread, so it is the rate of one core. The ratio is to the first line of the block.
"""

import argparse
import os
import time
from collections.abc import Callable, Mapping

import cv2
import keras
import numpy as np
import tensorflow as tf
from scipy import ndimage

from mien.augmentation import offline
from mien.augmentation.affine import brightness_factors, inverse_maps
from mien.augmentation.online import AugmentOnline
from mien.params import Ranges

RANGES = Ranges(rotation=15, shift=0.1, shear=0.15, zoom=0.1, flip=True, brightness=0.15)
BATCH = 128

Way = Callable[[np.ndarray], object]
"""Changes (N, 48, 48) uint8 faces."""


def ours_offline(faces: np.ndarray) -> np.ndarray:
    """What stage `augment` does."""
    return offline.augment(faces, RANGES, seed=1)


def one_warp_per_change(faces: np.ndarray) -> list[np.ndarray]:
    """What a hand-written loop does: OpenCV too, but four interpolations, a flip and a multiplication."""
    numbers = offline.draws(1, 0, len(faces))
    return [_step_by_step(face, 2 * row - 1) for face, row in zip(faces, numbers, strict=True)]


def _step_by_step(face: np.ndarray, signed: np.ndarray) -> np.ndarray:
    height, width = face.shape
    centre = ((width - 1) / 2, (height - 1) / 2)
    lean = np.tan(signed[3] * RANGES.shear)
    matrices = (
        cv2.getRotationMatrix2D(centre, signed[0] * RANGES.rotation, 1.0),
        np.array([[1, lean, -lean * centre[1]], [0, 1, 0]]),
        cv2.getRotationMatrix2D(centre, 0.0, 1 + signed[4] * RANGES.zoom),
        np.array([[1, 0, signed[1] * RANGES.shift * width], [0, 1, signed[2] * RANGES.shift * height]]),
    )
    for matrix in matrices:
        face = cv2.warpAffine(face, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    if signed[6] < 0:
        face = cv2.flip(face, 1)
    return cv2.convertScaleAbs(face, alpha=1 + signed[7] * RANGES.brightness)


def scipy_composed(faces: np.ndarray) -> list[np.ndarray]:
    """The way of Keras' former ImageDataGenerator: one composed map per face, by scipy."""
    numbers = offline.draws(1, 0, len(faces))
    maps = inverse_maps(numbers, RANGES, *faces.shape[1:], np)
    factors = brightness_factors(numbers, RANGES)
    changed = []
    for face, (a, b, c, d, e, f), factor in zip(faces, maps, factors, strict=True):
        warped = ndimage.affine_transform(face, [[e, d], [b, a]], (f, c), order=1, mode="reflect")
        changed.append(np.clip(warped * factor, 0, 255).astype(np.uint8))
    return changed


def batches(step: Callable[[tf.Tensor], tf.Tensor], xla: bool = False) -> Way:
    """A way that calls a compiled step on batches, as a training loop does."""
    compiled = tf.function(step, input_signature=[tf.TensorSpec((BATCH, 48, 48, 1), tf.uint8)], jit_compile=xla)

    def way(faces: np.ndarray) -> None:
        for start in range(0, len(faces) - BATCH + 1, BATCH):
            compiled(faces[start : start + BATCH, :, :, None]).numpy()

    return way


def ours_online(xla: bool) -> Way:
    """What `train.augment_online` does."""
    change, generator = AugmentOnline(RANGES), keras.random.SeedGenerator(1)
    return batches(lambda faces: change(faces, generator), xla)


def keras_layers() -> Way:
    """Keras' own layers, one interpolation each."""
    reflect = {"fill_mode": "reflect", "interpolation": "bilinear"}
    chain = [
        keras.layers.RandomRotation(RANGES.rotation / 360, **reflect),
        keras.layers.RandomTranslation(RANGES.shift, RANGES.shift, **reflect),
        keras.layers.RandomShear(RANGES.shear, 0.0, **reflect),
        keras.layers.RandomZoom(RANGES.zoom, RANGES.zoom, **reflect),
        keras.layers.RandomFlip("horizontal"),
        keras.layers.RandomBrightness(RANGES.brightness),
    ]

    def step(faces: tf.Tensor) -> tf.Tensor:
        for layer in chain:
            faces = layer(faces, training=True)
        return faces

    return batches(step)


def measure(ways: Mapping[str, Way], faces: np.ndarray, rounds: int) -> dict[str, float]:
    """Median faces per second of processor time, all ways in turns; the first round warms up and does not count."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for count in range(rounds + 1):
        for name, way in ways.items():
            started = time.process_time()
            way(faces)
            if count:
                rates[name].append(len(faces) / (time.process_time() - started))
    return {name: float(np.median(values)) for name, values in rates.items()}


def report(title: str, rates: Mapping[str, float]) -> None:
    """Print a block; ratios say how many times slower a way is than the first."""
    print(f"\n{title:<58} faces/s/core   ratio")
    first = next(iter(rates.values()))
    for name, rate in rates.items():
        print(f"  {name:<56} {rate:>12,.0f}   {first / rate:>5.1f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare ways of changing faces.")
    parser.add_argument("--faces", type=int, default=4096, help="48x48 faces per round")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    faces = np.random.default_rng(0).integers(0, 256, (arguments.faces, 48, 48), dtype=np.uint8)

    made_once = {
        f"ours: one warp, OpenCV, {os.cpu_count()} threads": ours_offline,
        "OpenCV, one warp per change, one thread": one_warp_per_change,
        "scipy.ndimage, one warp, one thread": scipy_composed,
    }
    report("copies made once", measure(made_once, faces, arguments.rounds))
    in_training = {
        "ours: AugmentOnline": ours_online(xla=False),
        "ours: AugmentOnline, XLA": ours_online(xla=True),
        "keras.layers.Random*, six layers (XLA cannot)": keras_layers(),
    }
    report(f"inside a compiled step, batches of {BATCH}", measure(in_training, faces, arguments.rounds))


if __name__ == "__main__":
    main()
