"""Pictures to learn from: faces as they are and mildly moved, and wrecks of faces, which show none in its place."""

from collections.abc import Callable

import numpy as np

from mien.cleaning.nonfaces.figures import person, small
from mien.cleaning.nonfaces.graphics import graphic
from mien.cleaning.nonfaces.warps import cut_off, detail, mild, shuffled, turned
from mien.progress import Meter

Wreck = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
"""From a face, another picture and a generator to a picture of the same size without a face in its place."""

WRECKS: dict[Wreck, float] = {
    turned: 0.25,
    person: 0.25,
    small: 0.1,
    detail: 0.1,
    cut_off: 0.1,
    shuffled: 0.05,
    graphic: 0.15,
}
"""Each with its share."""

FACE, KINDS = 0, 1 + len(WRECKS)
"""The number of what is a face, and how many numbers there are: each wreck has its own."""

VIEWS = 5
"""Pictures made of each face: itself, two mild moves, two wrecks."""


def lessons(faces: np.ndarray, rng: np.random.Generator, progress: Meter) -> tuple[np.ndarray, np.ndarray]:
    """Make VIEWS pictures of each face.

    Args:
        faces: uint8 (N, SIDE, SIDE).
        rng: where every choice comes from.
        progress: advanced by one for each face.

    Returns:
        The pictures, uint8 (VIEWS * N, SIDE, SIDE), and what each is, FACE or the number of a wreck, int (VIEWS * N).
    """
    wrecks, shares = list(WRECKS), np.array(list(WRECKS.values()))
    kinds = np.zeros((len(faces), VIEWS), int)
    kinds[:, 3:] = 1 + rng.choice(len(wrecks), size=(len(faces), 2), p=shares / shares.sum())
    others = faces[rng.permutation(len(faces))]
    pictures = np.empty((len(faces), VIEWS, *faces.shape[1:]), np.uint8)
    for face, other, numbers, views in zip(faces, others, kinds, pictures, strict=True):
        views[0], views[1], views[2] = face, mild(face, rng), mild(face, rng)
        for view in (3, 4):
            views[view] = wrecks[numbers[view] - 1](face, other, rng)
        progress.advance()
    return pictures.reshape(-1, *faces.shape[1:]), kinds.ravel()
