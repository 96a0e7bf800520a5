"""How little a picture looks like the faces around it, by a network that learns it from the rows themselves.

The idea is that of Golan and El-Yaniv (Deep anomaly detection using geometric transformations, NeurIPS 2018): a
network learns to tell the rows from what becomes of them when they are turned, cut off, shuffled, put small into a
scene or replaced by a drawing, and what it takes for such a wreck among the rows is likely no face. Rows without a
face are few, but it learns them as faces, and placeholders come many times: so it learns once more without the rows
that it doubted most (trimming, as in robust statistics).
"""

import numpy as np
from threadpoolctl import threadpool_limits

from mien.cleaning.nonfaces.features import Projection, features, resized
from mien.cleaning.nonfaces.network import EPOCHS, Network, by_chunks
from mien.cleaning.nonfaces.wrecks import lessons
from mien.progress import meter

SEED = 42

ROWS = 12_000
"""Most faces that a network learns from."""

FEWEST = 2_000
"""Where there are fewer rows, each stands for several faces, moved and wrecked in other ways."""

TRIMMED = 0.03
"""Share of the rows, those most doubted, that the second network does not learn from."""

PROJECTED = 8_000
"""Most pictures that the components are found on."""

BLOCK = 8192
"""Rows in memory at a time while they are scored."""


def nonface_scores(images: np.ndarray) -> np.ndarray:
    """Score every picture: the higher, the less it looks like the faces among `images`.

    The same rows give the same bytes on any number of cores: each product of matrices is computed by one.

    Args:
        images: uint8 (N, H, W) gray or (N, H, W, 3) RGB, also a memory map; judged in gray at 48 x 48.

    Returns:
        float32 (N,): log odds of being wrecked.
    """
    if not len(images):
        return np.zeros(0, np.float32)
    rng = np.random.default_rng(SEED)
    rows = np.arange(len(images))
    with threadpool_limits(1, "blas"):
        pictures, kinds = _lessons(images, rows, rng)
        projection = Projection(by_chunks(features, pictures[np.sort(rng.permutation(len(pictures))[:PROJECTED])]))
        doubts = _scored(images, _taught(projection, pictures, kinds))
        rows = np.argsort(doubts, kind="stable")[: len(rows) - int(len(rows) * TRIMMED)]
        return _scored(images, _taught(projection, *_lessons(images, rows, rng))).astype(np.float32)


def _lessons(images: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """From a sample of `rows`, or from all of them in turn where they are few."""
    chosen = np.sort(np.resize(rng.permutation(rows), min(ROWS, max(FEWEST, len(rows)))))
    with meter("faces and wrecks", len(chosen)) as progress:
        return lessons(resized(images[chosen]), rng, progress)


def _taught(projection: Projection, pictures: np.ndarray, kinds: np.ndarray) -> Network:
    network = Network(projection, SEED)
    with meter("epochs", EPOCHS) as progress:
        network.learn(pictures, kinds, progress)
    return network


def _scored(images: np.ndarray, network: Network) -> np.ndarray:
    scores = [np.zeros(0)]
    with meter("non-faces", len(images)) as progress:
        for start in range(0, len(images), BLOCK):
            block = resized(images[start : start + BLOCK])
            scores.append(by_chunks(network.log_odds, block))
            progress.advance(len(block))
    return np.concatenate(scores)
