"""A small network that tells faces from wrecks of faces by their features."""

import numpy as np
from sklearn.neural_network import MLPClassifier

from mien.cleaning.nonfaces.wrecks import FACE, KINDS
from mien.progress import Meter

EPOCHS, BATCH, HIDDEN = 6, 256, 128

TINY = 1e-9
"""Keeps the odds of what the network is sure of finite."""


class Network:
    """A perceptron with one hidden layer that says what a picture is."""

    def __init__(self, seed: int) -> None:
        self.perceptron = MLPClassifier((HIDDEN,), alpha=1e-3, batch_size=BATCH, random_state=seed)

    def learn(self, inputs: np.ndarray, kinds: np.ndarray, progress: Meter) -> None:
        """From float32 (N, C), at least BATCH rows, and their kinds, int (N,); `progress`: one more an epoch."""
        for _ in range(EPOCHS):
            self.perceptron.partial_fit(inputs, kinds, classes=np.arange(KINDS))
            progress.advance()

    def log_odds(self, inputs: np.ndarray) -> np.ndarray:
        """That a picture is wrecked: float32 (N, C) to float64 (N,)."""
        shares = self.perceptron.predict_proba(inputs).astype(float)
        wrecked = np.delete(shares, FACE, axis=1).sum(axis=1)
        return np.asarray(np.log(wrecked + TINY) - np.log(shares[:, FACE] + TINY))
