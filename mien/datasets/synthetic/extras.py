"""Glasses, earrings, and what hides part of a face: a hand, a scarf, a strand of hair."""

import numpy as np

from mien.datasets.synthetic.identity import Identity
from mien.datasets.synthetic.plane import AXIS, Points, blurred, curve, disc, fill, paint, points, strokes
from mien.datasets.synthetic.shape import SIDES


def paint_glasses(image: np.ndarray, who: Identity, rng: np.random.Generator) -> None:
    """Frame, bridge, temples and a faint reflex on the glass."""
    if who.glasses == "none":
        return
    gray = float(rng.choice((0.05, 0.2, 0.6), p=(0.6, 0.25, 0.15)))
    width = 0.022 if who.glasses == "rimless" else float(rng.uniform(0.03, 0.055))
    rims = [_rim(who, side) for side in SIDES]
    reflex = float(rng.uniform(0.03, 0.2))
    for rim in rims:
        slope = np.clip(AXIS[None, :] - 1.3 * AXIS[:, None], -0.5, 0.9)
        paint(image, fill(rim), 1.0, reflex * 0.4)
        paint(image, fill(rim) * np.maximum(slope, 0), 1.0, reflex)
    u = who.eye_gap - 0.27
    bridge = curve(points((-u, who.eye_level), (0, who.eye_level - 0.05), (u, who.eye_level)))
    temples = [points((s * (who.eye_gap + 0.27), who.eye_level - 0.03), (s * 1.0, who.eye_level - 0.08)) for s in SIDES]
    paint(image, strokes([*rims, bridge, *temples], width, 0.006), gray, 0.75 if who.glasses == "rimless" else 0.95)


def _rim(who: Identity, side: int) -> Points:
    angle = np.linspace(0, 2 * np.pi, 33)
    power = 0.5 if who.glasses == "square" else 0.85
    u = 0.27 * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    v = 0.2 * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    rim: Points = np.column_stack([side * (who.eye_gap + 0.005) + u, who.eye_level + 0.03 + v])
    return rim


def paint_earrings(image: np.ndarray, who: Identity) -> None:
    """A bright drop below each ear."""
    if who.earrings and who.hair not in ("long", "bob", "veil", "curly"):
        for side in SIDES:
            paint(image, disc((side * (who.width + 0.04), 0.42), 0.05), 0.95, 0.9)


def paint_strand(image: np.ndarray, who: Identity, rng: np.random.Generator) -> None:
    """Loose hair across the forehead and one eye's edge."""
    side = 1 if rng.random() < 0.5 else -1
    reach = float(rng.uniform(0.45, 0.75))
    for _ in range(int(rng.integers(3, 7))):
        shift = float(rng.normal(0, 0.07))
        line = curve(points((0.1 * side + shift, -1.1), (reach * side + shift, -0.45), ((reach + 0.1) * side, 0.4)))
        paint(image, strokes([line], float(rng.uniform(0.018, 0.035)), 0.008), who.hair_gray, 0.7)


def paint_scarf(image: np.ndarray, who: Identity, rng: np.random.Generator) -> np.ndarray:
    """A scarf up to the chin or a little higher; gives its mask."""
    level = who.chin - float(rng.uniform(0.0, 0.28))
    edge = curve(
        points((-1.5, level - 0.25), (-0.7, level + 0.05), (0, level + 0.1), (0.7, level + 0.03), (1.5, level - 0.3))
    )
    mask = fill(np.vstack([edge, points((1.5, 1.9), (-1.5, 1.9))]), 0.012)
    stripes = 0.5 + 0.5 * np.sin(AXIS[:, None] * float(rng.uniform(14, 30)) + 2 * AXIS[None, :] ** 2)
    base = float(rng.uniform(0.1, 0.75))
    paint(image, mask, np.asarray(base + float(rng.uniform(0.0, 0.2)) * stripes, dtype=np.float32))
    return mask


def paint_hand(image: np.ndarray, who: Identity, bright: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A hand laid against one cheek or the chin; gives its mask."""
    side = 1 if rng.random() < 0.5 else -1
    u, v = float(rng.uniform(0.72, 0.9)), float(rng.uniform(0.3, 0.6))
    lines = [
        points((u + 0.25, 1.7), (u + 0.05 + 0.16 * k - 0.25, v + 0.05 * (k - 1.5) ** 2))
        if k
        else points((u + 0.2, 1.6), (u - 0.42, v + 0.55))
        for k in range(4)
    ]
    total = np.zeros_like(image)
    for line in lines:
        finger = strokes([line * (side, 1.0)], 0.17, 0.012)
        paint(image, blurred(finger, 0.05) * (1 - finger), 0.1, 0.35)
        core = blurred(finger, 0.05)
        paint(image, finger, np.asarray(who.skin * (0.35 + 0.75 * core) * (0.35 + 0.65 * bright.mean() / 0.8)))
        total = np.maximum(total, finger)
    return total
