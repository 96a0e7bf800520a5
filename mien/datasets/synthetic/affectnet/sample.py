"""The rows of a drawn AffectNet: which codes, in which part, and the picture of each."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mien.datasets.affectnet import golden
from mien.datasets.ordered import ordered
from mien.datasets.synthetic.action_units import STRENGTH
from mien.datasets.synthetic.affectnet.expressions import affect
from mien.datasets.synthetic.affectnet.scene import Scene, draw_scene
from mien.labels import AFFECTNET

Part = Literal["training", "validation"]

VALIDATION_SHARE = 0.12
"""Of the rows; AffectNet has 1.3 %, which of a few hundred faces would leave none to judge by."""

FEWEST_FACES = 20


@dataclass(frozen=True)
class Sample:
    """One row: `number` counts the rows of its part from 0, `name` is 56 hexadecimal digits as in AffectNet."""

    part: Part
    number: int
    code: int
    valence: float
    arousal: float
    name: str
    scene: Scene


def samples(faces: int, seed: int, classes: int = 11, validation: bool = True) -> Iterator[Sample]:
    """Draw the rows of `plan`; the same arguments give the same rows.

    Raises:
        ValueError: too few faces.
    """
    yield from ordered(lambda row: _sample(*row, seed=seed), plan(faces, seed, classes, validation))


def plan(faces: int, seed: int, classes: int = 11, validation: bool = True) -> list[tuple[Part, int, int]]:
    """Part, number and code of each row, training first.

    Args:
        faces: rows in all, at least FEWEST_FACES.
        seed: of all choices.
        classes: 11, or 8 for the copies that have neither 8 (none), 9 (uncertain) nor 10 (no-face).
        validation: whether there is a validation part, with the same number of rows for each code as in AffectNet.

    Raises:
        ValueError: too few faces.
    """
    if faces < FEWEST_FACES:
        raise ValueError(f"`faces` must be at least {FEWEST_FACES}. Received: {faces}")
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 3))))
    each = max(1, round(faces * VALIDATION_SHARE / classes)) if validation else 0
    codes = rng.permutation(_training(faces - each * classes, classes))
    judged = rng.permutation(np.repeat(np.arange(classes), each))
    rows: list[tuple[Part, int, int]] = [("training", at, int(code)) for at, code in enumerate(codes)]
    return rows + [("validation", at, int(code)) for at, code in enumerate(judged)]


def _training(rows: int, classes: int) -> np.ndarray:
    """`rows` codes; shares go with the square roots of AffectNet's, so that rare ones can be learned from few rows."""
    shares = np.sqrt(golden.TRAINING[:classes])
    bounds = np.round(np.cumsum(shares / shares.sum()) * rows).astype(int)
    return np.repeat(np.arange(classes), np.diff(bounds, prepend=0))


def _sample(part: Part, number: int, code: int, seed: int) -> Sample:
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 4 + (part == "validation"), number))))
    strength = float(rng.uniform(*STRENGTH))
    scene = draw_scene(AFFECTNET.label(code), strength, rng)
    name = hashlib.sha224(f"{seed} {part} {number}".encode()).hexdigest()
    return Sample(part, number, code, *affect(code, strength), name, scene)
