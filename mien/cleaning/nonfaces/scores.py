"""How little a picture looks like the faces around it, by networks that learn it from the rows themselves.

The idea is that of Golan and El-Yaniv (Deep anomaly detection using geometric transformations, NeurIPS 2018): a
network learns to tell the rows from what becomes of them when they are turned, cut off, shuffled, put small into a
scene or replaced by a drawing, and what it takes for such a wreck among the rows is likely no face. Rows without a
face are few, but it learns them as faces, and placeholders come many times: so others learn anew without the rows
that the first one doubted most (trimming, as in robust statistics), and the mean of what these say is the score.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

from mien.cleaning.batches import cores, small
from mien.cleaning.nonfaces.features import Projection, features
from mien.cleaning.nonfaces.network import EPOCHS, Network
from mien.cleaning.nonfaces.wrecks import lessons
from mien.progress import meter

SEED = 42

ROWS = 12_000
"""Most faces that a network learns from."""

FEWEST = 2_000
"""Where there are fewer rows, each stands for several faces, moved and wrecked in other ways."""

TRIMMED = 0.03
"""Share of the rows, those most doubted, that the networks which score do not learn from."""

NETWORKS = 2
"""That score, each with faces and wrecks of its own."""

PROJECTED = 8_000
"""Most pictures that the components are found on."""

BLOCK, CHUNK = 8192, 512
"""Pictures in memory at a time while they are scored, and those of one thread."""


def nonface_scores(images: np.ndarray, learned: np.ndarray | None = None) -> np.ndarray:
    """Score every picture: the higher, the less it looks like the faces among the rows that are learned from.

    The same rows give the same bytes on any number of cores: each product of matrices is computed by one.

    Args:
        images: uint8 (N, H, W) gray or (N, H, W, 3) RGB, also a memory map; judged in gray at 48 x 48.
        learned: positions to learn from, int (M,); None: all. Other rows change no score.

    Returns:
        float32 (N,): log odds of being wrecked.
    """
    everything = np.arange(len(images))
    rows = everything if learned is None else learned
    if not len(rows):
        return np.zeros(len(images), np.float32)
    with threadpool_limits(1, "blas"):
        pictures, kinds = _lessons(images, rows, 0)
        projection = Projection(_by_chunks(features, _some(pictures)))
        doubts = _scored(images, rows, projection, [_taught(projection, pictures, kinds)])
        trusted = rows[np.argsort(doubts, kind="stable")][: len(rows) - int(len(rows) * TRIMMED)]
        networks = [_taught(projection, *_lessons(images, trusted, turn)) for turn in range(1, NETWORKS + 1)]
        return _scored(images, everything, projection, networks)


def _some(pictures: np.ndarray) -> np.ndarray:
    return pictures[np.sort(np.random.default_rng(SEED).permutation(len(pictures))[:PROJECTED])]


def _lessons(images: np.ndarray, rows: np.ndarray, turn: int) -> tuple[np.ndarray, np.ndarray]:
    """From a sample of `rows`, or from all of them in turn where they are few."""
    rng = np.random.default_rng((SEED, turn))
    chosen = np.sort(np.resize(rng.permutation(rows), min(ROWS, max(FEWEST, len(rows)))))
    with meter("faces and wrecks", len(chosen)) as progress:
        return lessons(small(images, chosen), rng, progress)


def _taught(projection: Projection, pictures: np.ndarray, kinds: np.ndarray) -> Network:
    network = Network(SEED)
    with meter("epochs", EPOCHS) as progress:
        network.learn(_by_chunks(projection, pictures), kinds, progress)
    return network


def _scored(images: np.ndarray, rows: np.ndarray, projection: Projection, networks: Sequence[Network]) -> np.ndarray:
    """Of the rows: mean over the networks, and over each picture and its mirror image: float32 (M,)."""

    def odds(pictures: np.ndarray) -> np.ndarray:
        views = (projection(pictures), projection(np.ascontiguousarray(pictures[:, :, ::-1])))
        return np.asarray(np.mean([network.log_odds(view) for network in networks for view in views], axis=0))

    scores = []
    with meter("non-faces", len(rows)) as progress:
        for start in range(0, len(rows), BLOCK):
            scores.append(_by_chunks(odds, small(images, rows[start : start + BLOCK])))
            progress.advance(len(scores[-1]))
    return np.concatenate(scores).astype(np.float32)


def _by_chunks(work: Callable[[np.ndarray], np.ndarray], pictures: np.ndarray) -> np.ndarray:
    """`work` on chunks of `pictures`, spread over the cores, whose number changes no bit of it."""
    chunks = (pictures[start : start + CHUNK] for start in range(0, len(pictures), CHUNK))
    with ThreadPoolExecutor(cores()) as pool:
        return np.concatenate(list(pool.map(work, chunks)))
