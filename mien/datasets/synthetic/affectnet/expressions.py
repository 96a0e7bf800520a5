"""AffectNet's eleven codes as drawn expressions, and the valence and arousal that are true of them."""

from collections.abc import Mapping

import numpy as np

from mien.datasets.synthetic.action_units import (
    CHIN,
    CLOSED,
    CORNER_PULL,
    JAW,
    LID_TIGHT,
    PART,
    Units,
    express,
)
from mien.datasets.synthetic.shape import SIDES
from mien.labels import AFFECTNET, EMOTIONS

AFFECT: Mapping[str, tuple[float, float]] = {
    "neutral": (0.0, 0.0),
    "happy": (0.85, 0.2),
    "sad": (-0.8, -0.3),
    "surprise": (0.2, 0.85),
    "fear": (-0.4, 0.85),
    "disgust": (-0.75, 0.4),
    "angry": (-0.55, 0.7),
    "contempt": (-0.6, 0.15),
    "none": (-0.05, -0.5),
}
"""Valence and arousal at full strength, about where AffectNet's means and Russell's circle have them."""

NO_VALUE = -2.0
"""What AffectNet writes for the valence and arousal of uncertain faces and of pictures without a face."""


def draw_units(label: str, strength: float, rng: np.random.Generator) -> Units:
    """Action units of a label of `mien.labels.AFFECTNET` that is a face.

    Contempt pulls one corner of the mouth up; "none", a face with none of the eight emotions, yawns or sleeps; an
    uncertain face is halfway between two emotions.
    """
    if label == "contempt":
        return _contempt(strength, rng)
    if label == "none":
        return _added(express("neutral", strength, rng), {CLOSED: 0.95, PART: 0.5, JAW: 0.75 * strength}, SIDES)
    if label == "uncertain":
        one, other = rng.choice(EMOTIONS[:6], 2, replace=False)
        return _between(express(str(one), strength, rng), express(str(other), strength, rng))
    return express(label, strength, rng)


def affect(code: int, strength: float) -> tuple[float, float]:
    """Valence and arousal of a drawn face, each in [-1, 1], or NO_VALUE twice for the codes 9 and 10."""
    label = AFFECTNET.label(code)
    if label not in AFFECT:
        return NO_VALUE, NO_VALUE
    valence, arousal = AFFECT[label]
    return strength * valence, strength * arousal


def _contempt(strength: float, rng: np.random.Generator) -> Units:
    side = -1 if rng.random() < 0.5 else 1
    pulled = {CORNER_PULL: 0.95 * strength, LID_TIGHT: 0.4 * strength, CHIN: 0.4 * strength}
    return _added(express("neutral", strength, rng), pulled, (side,))


def _added(units: Units, more: Mapping[int, float], sides: tuple[int, ...]) -> Units:
    """`units` with `more` on some sides."""
    left, right = (_sum(units.left if side < 0 else units.right, more if side in sides else {}) for side in SIDES)
    return Units(left, right)


def _sum(one: Mapping[int, float], other: Mapping[int, float]) -> dict[int, float]:
    return {unit: min(1.0, one.get(unit, 0.0) + other.get(unit, 0.0)) for unit in {**one, **other}}


def _between(one: Units, other: Units) -> Units:
    return Units(_mean(one.left, other.left), _mean(one.right, other.right))


def _mean(one: Mapping[int, float], other: Mapping[int, float]) -> dict[int, float]:
    return {unit: (one.get(unit, 0.0) + other.get(unit, 0.0)) / 2 for unit in {**one, **other}}
