"""A small network that learns expressions from few faces, quickly and on one core: what judges doubtful labels.

It sees edges instead of gray values, as histograms of oriented gradients do: light and skin are gone before anything is
learned.
"""

from collections.abc import Callable

import cv2
import keras
import numpy as np
from keras import layers

from mien.augmentation.offline import augment
from mien.cleaning.batches import SIDE
from mien.params import RANGES

DIRECTIONS, CELL = 8, 2
"""Of edges, and pixels in each direction that are averaged."""

SURROUNDINGS, FLAT = 5.0, 16.0
"""Edges are divided by their strength within so many pixels (standard deviation), plus so many gray values."""

PIECE = 2048
"""Faces whose edges are in memory at a time: 38 MB; a multiple of every batch."""

BATCH, PEAK_RATE, WARM_UP, DECAY = 32, 3e-3, 0.1, 0.01
"""Faces in a batch, largest learning rate, share of the steps in which it rises, weight decay."""

LOOKS = 6
"""A face is judged as it is, mirrored, and in changed copies: the mean of so many answers."""


def edges(images: np.ndarray) -> np.ndarray:
    """Strength of edges by direction, uint8 (N, SIDE, SIDE) to float32 (N, 24, 24, DIRECTIONS)."""
    side = SIDE // CELL
    out = np.empty((len(images), side, side, DIRECTIONS), np.float32)
    angles = np.arange(DIRECTIONS, dtype=np.float32) * (2 * np.pi / DIRECTIONS)
    towards = np.stack([np.cos(angles), np.sin(angles)])  # (2, DIRECTIONS)
    for number, face in enumerate(images):
        strengths = np.maximum(_gradient(face) @ towards, 0)  # (SIDE, SIDE, DIRECTIONS)
        out[number] = strengths.reshape(side, CELL, side, CELL, DIRECTIONS).mean(axis=(1, 3))
    return out


def _gradient(face: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE) uint8 to (SIDE, SIDE, 2) float32, across and down, relative to the edges around."""
    pixels = face.astype(np.float32)
    gradient = np.stack([cv2.Sobel(pixels, -1, 1, 0), cv2.Sobel(pixels, -1, 0, 1)], axis=-1)
    around = cv2.GaussianBlur(np.square(gradient).sum(axis=-1), (0, 0), SURROUNDINGS)
    relative: np.ndarray = gradient / (np.sqrt(around) + FLAT)[..., None]
    return relative


def build(classes: int) -> keras.Model:
    """Edges (B, 24, 24, DIRECTIONS) to probabilities (B, `classes`), not compiled."""
    x = faces = keras.Input((SIDE // CELL, SIDE // CELL, DIRECTIONS))
    for filters, dropout in ((32, 0.1), (64, 0.2), (128, 0.5)):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.Dropout(dropout)(layers.MaxPooling2D(2)(x))  # (B, 12, 12, 32), (B, 6, 6, 64), (B, 3, 3, 128)
    return keras.Model(faces, layers.Dense(classes, activation="softmax")(layers.Flatten()(x)))


def learn(
    images: np.ndarray, codes: np.ndarray, classes: int, epochs: int, seed: int, tick: Callable[[], None]
) -> keras.Model:
    """Train on `images` uint8 (N, SIDE, SIDE) with labels `codes` (N,), each face changed anew in every epoch.

    `tick` is called after each epoch.
    """
    keras.utils.set_random_seed(seed)
    model = build(classes)
    steps = epochs * max(1, len(codes) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - round(steps * WARM_UP), warmup_target=PEAK_RATE, warmup_steps=round(steps * WARM_UP)
    )
    # Compiled by XLA, such small convolutions take six times as long on a processor.
    model.compile(keras.optimizers.AdamW(rate, weight_decay=DECAY), "categorical_crossentropy", jit_compile=False)
    targets, weights = np.eye(classes, dtype=np.float32)[codes], _weights(codes)
    for epoch in range(epochs):
        numbers = np.random.default_rng([seed, epoch])
        order = numbers.permutation(len(codes))[: steps // epochs * BATCH]
        changed = augment(images[order], RANGES["light"], int(numbers.integers(2**32)), threads=1)
        for piece in _pieces(len(order)):
            rows = order[piece]
            model.fit(
                edges(changed[piece]), targets[rows], BATCH, sample_weight=weights[rows], shuffle=False, verbose=0
            )
        tick()
    return model


def _weights(codes: np.ndarray) -> np.ndarray:
    """Of each face in the loss, float32 (N,), mean 1: rare labels more, or they would be doubted for being rare."""
    weights = 1 / np.sqrt(np.bincount(codes)[codes])
    mean_one: np.ndarray = (weights / weights.mean()).astype(np.float32)
    return mean_one


def _pieces(count: int) -> list[slice]:
    return [slice(start, start + PIECE) for start in range(0, count, PIECE)]


def probabilities(model: keras.Model, images: np.ndarray, seed: int) -> np.ndarray:
    """What `images` (N, SIDE, SIDE) show, float64 (N, classes): the mean over LOOKS at each face."""
    looks = [images, np.ascontiguousarray(images[:, :, ::-1])]
    looks += [augment(images, RANGES["light"], seed + number, threads=1) for number in range(LOOKS - 2)]
    mean: np.ndarray = np.mean([_answers(model, look) for look in looks], axis=0)
    return mean


def _answers(model: keras.Model, images: np.ndarray) -> np.ndarray:
    pieces = [edges(images[piece]) for piece in _pieces(len(images))]
    return np.concatenate([model.predict(piece, batch_size=8 * BATCH, verbose=0) for piece in pieces]).astype(float)
