"""What the rule sees of a picture: histograms of gradients, a coarse picture, and where it is flat."""

import cv2
import numpy as np
from scipy.linalg import eigh

from mien.cleaning.batches import SIDE

CELL = 6
"""Pixels of a cell's side; four cells are normalised together."""

COARSE = 16

FLAT = 1
"""Largest step between neighbours, in gray values, in what counts as flat."""

COMPONENTS = 256

HOG = cv2.HOGDescriptor((SIDE, SIDE), (2 * CELL, 2 * CELL), (CELL, CELL), (CELL, CELL), 9)


def features(batch: np.ndarray) -> np.ndarray:
    """What tells faces from wrecks, side by side.

    Histograms of oriented gradients (Dalal and Triggs 2005), coarse gray values without brightness and contrast, the
    logarithm of the steps between neighbours in each cell, and the flat share of larger cells.

    Args:
        batch: uint8 (B, SIDE, SIDE).

    Returns:
        float32 (B, 2100).
    """
    oriented = np.stack([np.ravel(HOG.compute(picture)) for picture in batch])
    steps = np.pad(_steps(batch), ((0, 0), (0, 1), (0, 1)))
    energy = np.log1p(_cells(steps, CELL)) / 2
    flat = _cells((steps <= FLAT).astype(np.float32), 2 * CELL) / 2
    return np.hstack([oriented, _coarse(batch) / 4, energy, flat]).astype(np.float32)


def _steps(batch: np.ndarray) -> np.ndarray:
    """To the right and down, added; float32 (B, SIDE - 1, SIDE - 1)."""
    values = batch.astype(np.float32)
    corner = values[:, :-1, :-1]
    return np.asarray(np.abs(values[:, :-1, 1:] - corner) + np.abs(values[:, 1:, :-1] - corner))


def _cells(values: np.ndarray, side: int) -> np.ndarray:
    count = SIDE // side
    means: np.ndarray = values.reshape(len(values), count, side, count, side).mean(axis=(2, 4))
    return means.reshape(len(values), -1)


def _coarse(batch: np.ndarray) -> np.ndarray:
    size = (COARSE, COARSE)
    small = np.stack([cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in batch])
    flat = small.reshape(len(batch), -1).astype(np.float32)
    centred = flat - flat.mean(axis=1, keepdims=True)
    return np.asarray(centred / (centred.std(axis=1, keepdims=True) + 10))


class Projection:
    """Principal components of features, scaled to about unit variance; the last ones less, as they are noise."""

    def __init__(self, sample: np.ndarray) -> None:
        """Find the components of float32 (N, F)."""
        self.mean = sample.mean(axis=0)
        centred = sample - self.mean
        last = centred.shape[1] - 1
        variances, axes = eigh(centred.T @ centred / len(centred), subset_by_index=(last - COMPONENTS + 1, last))
        self.axes = axes / np.sqrt(np.maximum(variances, 0) + 0.05 * variances.mean())

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """`features` of uint8 (B, SIDE, SIDE) on the components, float32 (B, COMPONENTS)."""
        return np.asarray((features(batch) - self.mean) @ self.axes)
