"""Where the features of a face are: outlines from an identity, moved by action units."""

from dataclasses import dataclass

import numpy as np

from mien.datasets.synthetic.action_units import (
    BROW_INNER,
    BROW_LOWER,
    BROW_OUTER,
    CHEEK,
    CHIN,
    CLOSED,
    CORNER_DOWN,
    CORNER_PULL,
    JAW,
    LID_TIGHT,
    LID_UPPER,
    LIP_LOWER_DOWN,
    LIP_UPPER,
    NOSE_WRINKLE,
    PART,
    PRESS,
    STRETCH,
    TIGHT,
    Units,
)
from mien.datasets.synthetic.identity import Identity
from mien.datasets.synthetic.plane import Points, curve, mirrored, points

SIDES = (-1, 1)
_ACROSS = np.linspace(-1.0, 1.0, 25)


def head(who: Identity, units: Units) -> Points:
    """Closed outline of skull, cheeks and jaw; an open jaw makes it longer."""
    drop = 0.17 * units.both(JAW)
    top = curve(points((0.0, -1.46), (0.55, -1.32), (0.88, -0.92), (0.98, -0.4), (1.0, 0.0)))
    wide = who.jaw / who.width
    jaw = curve(
        points((1.0, 0.0), (0.97, 0.32), (0.6 + 0.38 * wide, 0.62 + drop * 0.3), (wide * 0.86, 0.86 + drop * 0.6))
    )
    low = curve(
        points(
            (wide * 0.86, 0.86 + drop * 0.6),
            (wide * 0.6, who.chin - 0.16 + drop),
            (0.24, who.chin - 0.02 + drop),
            (0.0, who.chin + drop),
        )
    )
    half = np.vstack([top[:-1], jaw[:-1], low])
    return mirrored(half * (who.width, 1.0))


@dataclass(frozen=True)
class Eye:
    """One eye: `upper` and `lower` lid lines from the inner to the outer corner, and where the iris is."""

    side: int
    upper: Points
    lower: Points
    center: tuple[float, float]
    radius: float
    openness: float

    @property
    def outline(self) -> Points:
        """Closed outline of the opening."""
        return np.vstack([self.upper, self.lower[::-1]])


def eye(who: Identity, units: Units, side: int, gaze: tuple[float, float]) -> Eye:
    """The eye of one side; `gaze` is in parts of the eye's width."""
    tight, cheek, wide, closed = (units.on(side, unit) for unit in (LID_TIGHT, CHEEK, LID_UPPER, CLOSED))
    squint = cheek + 0.5 * units.on(side, NOSE_WRINKLE)
    up = who.eye_height * (1 - 0.33 * tight - 0.35 * squint - 0.95 * closed) + 0.085 * wide
    down = who.eye_height * (0.72 - 0.42 * tight - 0.55 * squint - 0.1 * closed) + 0.012 * wide
    up, down = max(up, 0.012 - down * 0.5), max(down, -0.035)
    u, v = side * who.eye_gap, who.eye_level
    across = _ACROSS * who.eye_width
    slant = -(who.eye_slant - 0.035 * closed) * _ACROSS
    upper = v + slant - up * (1 - np.abs(_ACROSS - 0.12) ** 2.3).clip(0, None) ** 0.8
    lower = v + slant + down * (1 - _ACROSS**2)
    lower = np.maximum(lower, upper + 0.004)
    iris = (u + gaze[0] * who.eye_width, v - 0.012 + gaze[1] * who.eye_width + 0.02 * closed)
    return Eye(
        side,
        np.column_stack([u + side * across, upper]),
        np.column_stack([u + side * across, lower]),
        iris,
        0.088 + 0.2 * (who.eye_width - 0.2),
        up + down,
    )


def brow(who: Identity, units: Units, side: int) -> Points:
    """Closed outline of a brow."""
    inner, outer, lower, wrinkle = (units.on(side, k) for k in (BROW_INNER, BROW_OUTER, BROW_LOWER, NOSE_WRINKLE))
    knit = lower * (1.0 - 0.5 * inner)
    level = who.eye_level - who.brow_level + 0.03 * units.on(side, LID_TIGHT)
    line = points(
        (0.17 - 0.065 * lower, level + 0.015 - 0.21 * inner + 0.15 * knit + 0.07 * wrinkle),
        (0.33 - 0.03 * lower, level - 0.02 - 0.12 * inner - 0.08 * outer + 0.12 * knit + 0.05 * wrinkle),
        (0.53, level - who.brow_arch - 0.03 * inner - 0.14 * outer + 0.05 * knit),
        (0.72, level + 0.055 - 0.13 * outer + 0.015 * inner + 0.02 * knit),
    )
    middle = curve(line, 6)
    taper = np.interp(np.linspace(0, 1, len(middle)), (0.0, 0.15, 0.55, 1.0), (0.75, 1.0, 0.85, 0.15))
    half = (who.brow_width * taper)[:, None] * (0.12, 1.0) / 2
    outline = np.vstack([middle - half, (middle + half)[::-1]])
    moved: Points = (outline - (0.42, 0.0)) * (who.eye_gap / 0.42, 1.0) + (who.eye_gap, 0.0)
    return moved * (side, 1.0)


@dataclass(frozen=True)
class Mouth:
    """Lines of the lips from the left to the right corner, each float (K, 2)."""

    upper_out: Points
    upper_in: Points
    lower_in: Points
    lower_out: Points
    opening: float

    @property
    def lips(self) -> Points:
        """Closed outline of both lips."""
        return np.vstack([self.upper_out, self.lower_out[::-1]])

    @property
    def gap(self) -> Points:
        """Closed outline of the opening."""
        return np.vstack([self.upper_in, self.lower_in[::-1]])


def mouth(who: Identity, units: Units) -> Mouth:
    """The lips, with corners of their own on each side."""
    corners = {side: _corner(who, units, side) for side in SIDES}
    t = _ACROSS
    right = np.where(t >= 0, 1.0, 0.0)
    u = t * (corners[1][0] * right + corners[-1][0] * (1 - right))
    v_corner = corners[1][1] * right + corners[-1][1] * (1 - right)
    jaw, part = units.both(JAW), units.both(PART)
    opening = (0.075 + 0.07 * units.both(CORNER_PULL)) * part + 0.34 * jaw + 0.03 * units.both(LIP_UPPER) * part
    top = who.mouth_level - 0.05 * units.both(LIP_UPPER) - 0.03 * units.both(NOSE_WRINKLE) - 0.03 * units.both(CHIN)
    top += 0.045 * units.both(CORNER_PULL) - 0.02 * jaw
    bottom = top + opening + 0.05 * units.both(LIP_LOWER_DOWN) * (0.3 + 0.7 * part)
    square = (
        0.45 * units.both(STRETCH) + (0.5 * units.both(LIP_UPPER) + 0.4 * units.both(LIP_LOWER_DOWN)) * part + 0.4 * jaw
    )
    round_ = 0.5 * jaw * (1 - units.both(CORNER_PULL))
    dome = (1 - np.abs(t) ** (2.0 + square)) ** (1 - 0.4 * min(1.0, square) - 0.4 * round_)
    upper_in = v_corner + (top - v_corner) * dome
    lower_in = np.maximum(v_corner + (bottom - v_corner) * dome, upper_in)
    return _with_lips(who, units, u, upper_in, lower_in, bottom - top)


def _corner(who: Identity, units: Units, side: int) -> tuple[float, float]:
    pull, down, stretch, jaw = (units.on(side, unit) for unit in (CORNER_PULL, CORNER_DOWN, STRETCH, JAW))
    narrow = 0.05 * units.on(side, TIGHT) + 0.15 * jaw * (1 - pull) * (1 - 0.8 * stretch)
    u = who.mouth_width + 0.13 * pull + 0.1 * stretch + 0.02 * down - narrow
    v = who.mouth_level - 0.11 * pull + 0.12 * down + 0.03 * stretch + 0.17 * jaw * (1 - pull)
    return u, v


def _with_lips(
    who: Identity, units: Units, u: np.ndarray, upper_in: np.ndarray, lower_in: np.ndarray, opening: float
) -> Mouth:
    t = _ACROSS
    thin = 1 - 0.55 * units.both(TIGHT) - 0.3 * units.both(PRESS) - 0.25 * units.both(CORNER_PULL)
    thin = max(0.2, thin - 0.15 * units.both(STRETCH))
    pout = 1 + 0.25 * units.both(CHIN) + 0.2 * units.both(LIP_LOWER_DOWN)
    bow = 1 - 0.22 * np.exp(-((t / 0.14) ** 2))
    upper = who.lip_upper * thin * (1 - np.abs(t) ** 1.6) * bow
    lower = who.lip_lower * thin * pout * (1 - t**2) ** 0.7
    rows = (upper_in - upper, upper_in, lower_in, lower_in + lower)
    lines = [np.column_stack([u, row]) for row in rows]
    return Mouth(lines[0], lines[1], lines[2], lines[3], opening)
