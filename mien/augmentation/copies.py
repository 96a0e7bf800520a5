"""How many changed copies each face gets."""

import numpy as np


def copies_per_face(classes: np.ndarray, copies: int, balance: bool, seed: int) -> np.ndarray:
    """Count the copies of every face.

    Without `balance` each face gets `copies`. With it every class ends, originals and copies together, at exactly
    (1 + `copies`) times the size of the largest class. Inside a class the numbers differ by one at most, and which
    faces get the one more is drawn.

    Args:
        classes: int, (N,), class of each face.
        copies: of each face of the largest class.
        balance: whether rare classes get more.
        seed: of the draw.

    Returns:
        int64, (N,).
    """
    if not balance or len(classes) == 0:
        return np.full(len(classes), copies, np.int64)
    counts = np.zeros(len(classes), np.int64)
    _, sizes = np.unique(classes, return_counts=True)
    target = int(sizes.max()) * (1 + copies)
    generator = np.random.Generator(np.random.PCG64(seed))
    for name in np.unique(classes):
        members = np.flatnonzero(classes == name)
        each, rest = divmod(target - len(members), len(members))
        counts[members] = each
        counts[generator.permutation(members)[:rest]] += 1
    return counts
