"""Facial action units, and those that make each emotion.

The numbers are those of the Facial Action Coding System; the prototypes follow Ekman, Friesen and Hager (2002).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

BROW_INNER, BROW_OUTER, BROW_LOWER, LID_UPPER, CHEEK, LID_TIGHT = 1, 2, 4, 5, 6, 7
NOSE_WRINKLE, LIP_UPPER, CORNER_PULL, CORNER_DOWN, LIP_LOWER_DOWN = 9, 10, 12, 15, 16
CHIN, STRETCH, TIGHT, PRESS, PART, JAW, CLOSED = 17, 20, 23, 24, 25, 26, 43


@dataclass(frozen=True)
class Units:
    """Intensities of action units in [0, 1] for the left and the right side of the picture."""

    left: Mapping[int, float] = field(default_factory=dict)
    right: Mapping[int, float] = field(default_factory=dict)

    def on(self, side: int, unit: int) -> float:
        """Intensity on one side: -1 is left, 1 is right."""
        return (self.left if side < 0 else self.right).get(unit, 0.0)

    def both(self, unit: int) -> float:
        """Mean of the two sides."""
        return (self.left.get(unit, 0.0) + self.right.get(unit, 0.0)) / 2


@dataclass(frozen=True)
class Part:
    """One unit of an expression: its range at full strength, and how often it takes part."""

    unit: int
    low: float
    high: float
    chance: float = 1.0


PROTOTYPES: Mapping[str, tuple[tuple[Part, ...], ...]] = {
    "angry": (
        (Part(BROW_LOWER, 0.7, 1.0), Part(LID_UPPER, 0.3, 0.8), Part(LID_TIGHT, 0.4, 1.0), Part(TIGHT, 0.5, 1.0))
        + (Part(PRESS, 0.3, 0.9, 0.5), Part(CHIN, 0.3, 0.8, 0.4)),
        (Part(BROW_LOWER, 0.7, 1.0), Part(LID_UPPER, 0.4, 0.9), Part(LID_TIGHT, 0.4, 0.9), Part(TIGHT, 0.2, 0.5))
        + (Part(LIP_UPPER, 0.5, 1.0), Part(LIP_LOWER_DOWN, 0.4, 0.9), Part(PART, 0.6, 1.0), Part(JAW, 0.1, 0.7)),
    ),
    "disgust": (
        (Part(NOSE_WRINKLE, 0.7, 1.0), Part(CORNER_DOWN, 0.4, 0.9), Part(LIP_LOWER_DOWN, 0.4, 1.0))
        + (Part(LIP_UPPER, 0.5, 1.0, 0.8), Part(CHEEK, 0.2, 0.5), Part(BROW_LOWER, 0.1, 0.4))
        + (Part(PART, 0.3, 0.7, 0.5),),
    ),
    "fear": (
        (Part(BROW_INNER, 0.7, 1.0), Part(BROW_OUTER, 0.3, 0.7), Part(BROW_LOWER, 0.4, 0.8), Part(LID_UPPER, 0.6, 1.0))
        + (Part(LID_TIGHT, 0.1, 0.5), Part(STRETCH, 0.6, 1.0), Part(PART, 0.5, 1.0), Part(JAW, 0.1, 0.55)),
    ),
    "happy": (
        (Part(CHEEK, 0.2, 0.7), Part(CORNER_PULL, 0.6, 1.0)),
        (Part(CHEEK, 0.3, 0.9), Part(CORNER_PULL, 0.6, 1.0), Part(PART, 0.6, 1.0), Part(JAW, 0.1, 0.6, 0.5)),
        (Part(CHEEK, 0.2, 0.6), Part(CORNER_PULL, 0.6, 1.0), Part(PART, 0.6, 1.0), Part(JAW, 0.1, 0.4)),
    ),
    "sad": (
        (Part(BROW_INNER, 0.6, 1.0), Part(BROW_LOWER, 0.3, 0.7), Part(CORNER_DOWN, 0.5, 1.0))
        + (Part(CHIN, 0.3, 0.9, 0.5), Part(CLOSED, 0.2, 0.6, 0.6)),
    ),
    "surprise": (
        (Part(BROW_INNER, 0.6, 1.0), Part(BROW_OUTER, 0.6, 1.0), Part(LID_UPPER, 0.4, 1.0))
        + (Part(PART, 0.8, 1.0), Part(JAW, 0.5, 1.0)),
    ),
    "neutral": ((),),
}
"""The variants of each emotion, each a tuple of parts."""

STRENGTH = (0.45, 1.0)
"""Range of the factor on all parts of an expression."""

TWITCH = 0.13
"""Largest intensity of the units that take part in a face without meaning anything."""

_TWITCHES = (BROW_INNER, BROW_OUTER, BROW_LOWER, LID_TIGHT, CORNER_PULL, CORNER_DOWN, CHIN, PART, CLOSED, PRESS)


def express(emotion: str, strength: float, rng: np.random.Generator) -> Units:
    """Draw the intensities of an expression.

    Args:
        emotion: a key of PROTOTYPES.
        strength: factor on the prototype's intensities, 0 to 1.
        rng: source of the choice of variant, the intensities, the asymmetry and small twitches.
    """
    variants = PROTOTYPES[emotion]
    parts = variants[int(rng.integers(len(variants)))]
    middle = {unit: float(rng.random() ** 2) * TWITCH for unit in _TWITCHES if rng.random() < 0.3}
    for part in parts:
        if rng.random() < part.chance:
            middle[part.unit] = strength * float(rng.uniform(part.low, part.high)) + middle.get(part.unit, 0.0)
    lean = {unit: float(rng.normal(0.0, 0.12)) for unit in middle}
    left = {unit: _clip(value * (1 - lean[unit])) for unit, value in middle.items()}
    right = {unit: _clip(value * (1 + lean[unit])) for unit, value in middle.items()}
    return Units(left, right)


def _clip(value: float) -> float:
    return min(1.0, max(0.0, value))
