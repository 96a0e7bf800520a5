"""The face as a surface: heights above the picture plane, bulged and furrowed by action units, and its shading."""

from dataclasses import dataclass

import cv2
import numpy as np

from mien.datasets.synthetic.action_units import (
    BROW_INNER,
    BROW_LOWER,
    BROW_OUTER,
    CHEEK,
    CHIN,
    CORNER_DOWN,
    CORNER_PULL,
    JAW,
    LIP_UPPER,
    NOSE_WRINKLE,
    STRETCH,
    Units,
)
from mien.datasets.synthetic.identity import Identity
from mien.datasets.synthetic.plane import AXIS, UNIT, Points, blurred, bump, curve, points, strokes
from mien.datasets.synthetic.shape import SIDES, Mouth


@dataclass(frozen=True)
class Light:
    """Where the light comes from (u to the right, v down, towards the viewer) and the share that has no direction."""

    direction: tuple[float, float, float]
    ambient: float


@dataclass(frozen=True)
class Relief:
    """Each float32 (PIXELS, PIXELS): height in face units, brightness of the light, gloss, depth of wrinkles."""

    depth: np.ndarray
    bright: np.ndarray
    gloss: np.ndarray
    wrinkles: np.ndarray


def model(who: Identity, units: Units, skull: np.ndarray, lips: Mouth, light: Light) -> Relief:
    """Shape the head and light it. `skull` is the mask of the head."""
    depth = _heights(who, units, skull, lips)
    wrinkles = _furrows(who, units, lips)
    bright, gloss = _shade(depth - 0.035 * blurred(wrinkles, 0.008), light)
    return Relief(depth, bright, gloss, wrinkles)


def _heights(who: Identity, units: Units, skull: np.ndarray, lips: Mouth) -> np.ndarray:
    u, v = AXIS[None, :] / (1.12 * who.width), AXIS[:, None] / 1.62
    z = 0.85 * np.sqrt(np.maximum(1 - u**2 - v**2, 0.02)) + 0.55 * blurred(skull, 0.16)
    z += _bones(who, units)
    z += _flesh(who, units, lips)
    return np.asarray(z, dtype=np.float32)


def _bones(who: Identity, units: Units) -> np.ndarray:
    level = who.eye_level
    tip = level + who.nose_length
    wide = who.nose_width
    z = 0.08 * bump(0, level + 0.05, 0.1, 0.2) + 0.12 * bump(0, tip - 0.18, 0.11, 0.16)
    z += 0.15 * bump(0, tip - 0.03, 0.125, 0.11)
    z += 0.09 * bump(0, who.chin - 0.15 + 0.17 * units.both(JAW), 0.2, 0.12)
    for side in SIDES:
        z += 0.06 * bump(side * wide * 0.85, tip + 0.02 - 0.03 * units.on(side, NOSE_WRINKLE), 0.065, 0.06)
        z += 0.05 * bump(side * 0.4, level - 0.25, 0.28, 0.09)
        z -= 0.08 * bump(side * (who.eye_gap - 0.05), level - 0.05, 0.22, 0.12)
        z += 0.07 * bump(side * who.eye_gap, level, 0.13, 0.075)
    return z


def _flesh(who: Identity, units: Units, lips: Mouth) -> np.ndarray:
    middle = who.mouth_level
    z = 0.02 * bump(0, middle, 0.4, 0.24) - 0.05 * bump(0, middle + 0.19 + lips.opening, 0.2, 0.05)
    z += 0.05 * bump(0, float(lips.lower_out[12, 1]) - 0.035, 0.17, 0.04)
    z += 0.03 * bump(0, float(lips.upper_out[12, 1]) + 0.01, 0.17, 0.035)
    z += units.both(CHIN) * 0.06 * bump(0, who.chin - 0.17, 0.16, 0.08)
    for side in SIDES:
        raised = units.on(side, CHEEK) + 0.6 * units.on(side, CORNER_PULL)
        z += (0.05 + 0.08 * raised) * bump(side * 0.53, 0.2 - 0.05 * raised, 0.2, 0.16)
        z -= 0.05 * who.age * bump(side * 0.5, 0.5, 0.2, 0.2)
    return z


def _furrows(who: Identity, units: Units, lips: Mouth) -> np.ndarray:
    """Depth of wrinkles, float32 (PIXELS, PIXELS), about 0 to 1."""
    depth = np.zeros((len(AXIS), len(AXIS)), np.float32)
    for lines, width, strength in _wrinkles(who, units, lips):
        if strength > 0.05:
            depth += np.float32(min(1.0, strength)) * strokes(lines, width, 0.022)
    return np.minimum(depth, 1.2)


def _wrinkles(who: Identity, units: Units, lips: Mouth) -> list[tuple[list[Points], float, float]]:
    old = 0.25 + 0.75 * who.age
    level = who.eye_level
    wrinkles = [([_forehead(level - gap) for gap in (0.52, 0.64, 0.76)], 0.02, 0.9 * old * _raised(units))]
    knit = units.both(BROW_LOWER)
    glabella = [points((s * 0.075, level - 0.34), (s * 0.06, level - 0.14)) for s in SIDES]
    wrinkles.append((glabella, 0.025, 1.0 * knit))
    bridge = [points((-0.09, level + d), (0, level + d - 0.02), (0.09, level + d)) for d in (-0.02, 0.06)]
    wrinkles.append((bridge, 0.022, 0.9 * units.both(NOSE_WRINKLE)))
    for side in SIDES:
        wrinkles.append(([_nasolabial(who, units, lips, side)], 0.035, _fold(who, units, side)))
        feet = [points((side * 0.68, level + 0.01 + d / 3), (side * 0.82, level + d)) for d in (-0.06, 0.02, 0.1)]
        wrinkles.append((feet, 0.018, 0.8 * old * units.on(side, CHEEK)))
        bag = curve(points((side * 0.25, level + 0.11), (side * 0.42, level + 0.18), (side * 0.6, level + 0.12)))
        wrinkles.append(([bag], 0.025, 0.45 * who.age + 0.5 * units.on(side, CHEEK)))
        end = lips.lower_out[-1 if side > 0 else 0]
        corner = [points((end[0] + side * 0.02, end[1]), (end[0] + side * 0.06, end[1] + 0.12))]
        wrinkles.append((corner, 0.025, 0.8 * units.on(side, CORNER_DOWN) + 0.3 * units.on(side, STRETCH)))
    return wrinkles


def _raised(units: Units) -> float:
    return max(units.both(BROW_INNER), units.both(BROW_OUTER)) * (1.0 - 0.3 * units.both(BROW_LOWER))


def _fold(who: Identity, units: Units, side: int) -> float:
    moved = 0.8 * units.on(side, CORNER_PULL) + 0.7 * units.on(side, LIP_UPPER) + 0.6 * units.on(side, NOSE_WRINKLE)
    return 0.12 + 0.45 * who.age**2 + moved


def _forehead(v: float) -> Points:
    return curve(points((-0.5, v + 0.03), (-0.2, v - 0.02), (0.2, v - 0.02), (0.5, v + 0.03)))


def _nasolabial(who: Identity, units: Units, lips: Mouth, side: int) -> Points:
    start = who.eye_level + who.nose_length - 0.05 - 0.05 * units.on(side, NOSE_WRINKLE)
    corner = lips.upper_in[-1 if side > 0 else 0]
    end_u, end_v = abs(corner[0]) + 0.07, corner[1] - 0.01
    wing = who.nose_width + 0.04
    bend = 0.06 + 0.05 * units.on(side, CORNER_PULL)
    line = points((wing, start), ((wing + end_u) / 2 + bend, (start + end_v) / 2 - 0.03), (end_u, end_v))
    return curve(line) * (side, 1.0)


def _shade(z: np.ndarray, light: Light) -> tuple[np.ndarray, np.ndarray]:
    """Brightness of the surface (Lambert) and its gloss (Blinn), each float32 (PIXELS, PIXELS)."""
    slope_u = cv2.Sobel(z, cv2.CV_32F, 1, 0, ksize=3, scale=UNIT / 8)
    slope_v = cv2.Sobel(z, cv2.CV_32F, 0, 1, ksize=3, scale=UNIT / 8)
    length = np.sqrt(1 + slope_u**2 + slope_v**2)
    a = _unit(np.array(light.direction, dtype=np.float32))
    half = _unit(a + np.array((0, 0, 1), dtype=np.float32))
    facing = (a[2] - a[0] * slope_u - a[1] * slope_v) / length
    gloss = (half[2] - half[0] * slope_u - half[1] * slope_v) / length
    hollow = np.clip(1 + 1.1 * (z - blurred(z, 0.12)), 0.55, 1.15)
    bright = (light.ambient + (1 - light.ambient) * np.maximum(facing, 0)) * hollow
    gloss = np.maximum(gloss, 0) ** 2
    gloss *= gloss
    gloss *= gloss
    return bright, gloss * gloss * gloss


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / np.linalg.norm(vector))
