"""The 68 landmarks of a drawn face, in the order of iBUG's 300-W, which AffectNet uses."""

import numpy as np

from mien.datasets.synthetic.action_units import Units
from mien.datasets.synthetic.identity import Identity
from mien.datasets.synthetic.plane import Points
from mien.datasets.synthetic.shape import SIDES, Mouth, brow, eye, head, mouth

LANDMARKS = 68
JAW_TOP = -0.1
"""Height, in face units, at which the line of the jaw begins."""


def landmarks(who: Identity, units: Units, gaze: tuple[float, float]) -> Points:
    """Landmarks on the plane, float (68, 2): jaw, brows, nose, eyes, mouth; each from the left of the picture."""
    left, right = (brow(who, units, side) for side in SIDES)
    eyes = [eye(who, units, side, gaze) for side in SIDES]
    outer_first = np.vstack([eyes[0].upper[[24, 16, 8, 0]], eyes[0].lower[[8, 16]]])
    inner_first = np.vstack([eyes[1].upper[[0, 8, 16, 24]], eyes[1].lower[[16, 8]]])
    parts = [_jaw(who, units), _brow(left)[::-1], _brow(right), _nose(who), outer_first, inner_first]
    return np.vstack([*parts, _mouth(mouth(who, units))])


def _jaw(who: Identity, units: Units) -> Points:
    """Seventeen points from ear to ear, at equal distances."""
    outline = head(who, units)
    right = outline[: len(outline) // 2]
    right = right[right[:, 1] >= JAW_TOP]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(right, axis=0), axis=1))])
    at = np.linspace(0.0, length[-1], 9)
    half = np.column_stack([np.interp(at, length, right[:, axis]) for axis in (0, 1)])
    return np.vstack([half * (-1.0, 1.0), half[-2::-1]])


def _brow(outline: Points) -> Points:
    """Five points along the middle of a brow, from its inner end."""
    count = len(outline) // 2
    middle = (outline[:count] + outline[::-1][:count]) / 2
    return np.asarray(middle[np.linspace(0, count - 1, 5).astype(int)])


def _nose(who: Identity) -> Points:
    ridge = [(0.0, who.eye_level + share * who.nose_length) for share in (0.0, 0.3, 0.6, 0.88)]
    base = who.eye_level + who.nose_length + 0.05
    return np.array([*ridge, *((share * who.nose_width * 0.85, base) for share in (-1.0, -0.5, 0.0, 0.5, 1.0))])


def _mouth(lips: Mouth) -> Points:
    outer = [lips.upper_out[[0, 4, 8, 12, 16, 20, 24]], lips.lower_out[[20, 16, 12, 8, 4]]]
    inner = [lips.upper_in[[3, 8, 12, 16, 21]], lips.lower_in[[16, 12, 8]]]
    return np.vstack([*outer, *inner])
