"""A small network that tells faces from wrecks of faces."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from sklearn.neural_network import MLPClassifier

from mien.cleaning.nonfaces.features import Projection
from mien.cleaning.nonfaces.wrecks import FACE, KINDS
from mien.progress import Meter

EPOCHS, BATCH, HIDDEN = 6, 256, 128

CHUNK = 512
"""Pictures whose features are computed at a time, by one thread."""

TINY = 1e-9
"""Keeps the odds of what the network is sure of finite."""


class Network:
    """A perceptron with one hidden layer on principal components; says what a picture is."""

    def __init__(self, projection: Projection, seed: int) -> None:
        self.projection = projection
        self.perceptron = MLPClassifier((HIDDEN,), alpha=1e-3, batch_size=BATCH, random_state=seed)

    def learn(self, pictures: np.ndarray, kinds: np.ndarray, progress: Meter) -> None:
        """From uint8 (N, SIDE, SIDE), at least BATCH, and their kinds, int (N,); `progress`: one more an epoch."""
        inputs = by_chunks(self.projection, pictures)
        for _ in range(EPOCHS):
            self.perceptron.partial_fit(inputs, kinds, classes=np.arange(KINDS))
            progress.advance()

    def log_odds(self, pictures: np.ndarray) -> np.ndarray:
        """That a picture is wrecked, mean of it and its mirror image: uint8 (N, SIDE, SIDE) to float64 (N,)."""
        return np.asarray((self._log_odds(pictures) + self._log_odds(pictures[:, :, ::-1])) / 2)

    def _log_odds(self, pictures: np.ndarray) -> np.ndarray:
        shares = self.perceptron.predict_proba(self.projection(pictures)).astype(float)
        wrecked = np.delete(shares, FACE, axis=1).sum(axis=1)
        return np.asarray(np.log(wrecked + TINY) - np.log(shares[:, FACE] + TINY))


def by_chunks(work: Callable[[np.ndarray], np.ndarray], pictures: np.ndarray) -> np.ndarray:
    """`work` on chunks of `pictures`, spread over the cores, whose number changes no bit of it."""
    chunks = (pictures[start : start + CHUNK] for start in range(0, len(pictures), CHUNK))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(pool.map(work, chunks)))
