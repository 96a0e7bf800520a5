"""Hair, head scarf and cap: what lies behind the head and what lies on it."""

from collections.abc import Callable

import numpy as np

from mien.datasets.synthetic.identity import Identity
from mien.datasets.synthetic.plane import AXIS, Points, curve, fill, mirrored, points

_ANGLE = np.arctan2(AXIS[None, :], 0.9 - AXIS[:, None]).astype(np.float32)
_RADIUS = np.hypot(AXIS[None, :], AXIS[:, None] + 0.2).astype(np.float32)


def strands(rng: np.random.Generator) -> np.ndarray:
    """Streaks that run from the crown outwards, float32 (PIXELS, PIXELS), about -1 to 1."""
    knots = rng.normal(0.0, 0.6, 220).astype(np.float32)
    wave = 0.25 * np.sin(_RADIUS * float(rng.uniform(2.0, 5.0)) + float(rng.uniform(0, 6))).astype(np.float32)
    position = (_ANGLE + np.pi + 0.3 * wave) * (len(knots) - 1) / (2 * np.pi + 0.4)
    streaks = np.interp(position.ravel(), np.arange(len(knots)), knots)
    return np.asarray(streaks.reshape(position.shape), dtype=np.float32)


def behind(who: Identity, rng: np.random.Generator) -> np.ndarray | None:
    """Mask of the hair behind neck and ears, None where there is none."""
    if who.hair in ("long", "bob", "veil"):
        length = {"long": 1.9, "bob": float(rng.uniform(0.75, 1.1)), "veil": 1.9}[who.hair]
        wide = float(rng.uniform(1.12, 1.32))
        tip = wide + float(rng.uniform(-0.15, 0.1))
        half = curve(points((0, -1.62), (0.72, -1.45), (wide, -0.7), (wide + 0.05, 0.1), (tip, length), (0, length)))
        return fill(mirrored(half), 0.02)
    if who.hair == "curly":
        return fill(_blobs(float(rng.uniform(1.18, 1.42)), rng), 0.03)
    if who.hair == "bun":
        angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        side = float(rng.uniform(-0.25, 0.25))
        return fill(np.column_stack([side + 0.42 * np.cos(angle), -1.55 + 0.32 * np.sin(angle)]), 0.02)
    return None


def on_top(who: Identity, rng: np.random.Generator) -> np.ndarray | None:
    """Mask of the hair, cap or scarf over the forehead, None where there is none."""
    if who.hair == "bald":
        return None
    outline = _FRONTS.get(who.hair, _crop)(who, rng)
    return fill(outline, 0.018 if who.hair in ("veil", "cap") else 0.03)


def _crown(who: Identity, lift: float, down: float) -> Points:
    """Right half of the outer line of the hair, from the top to the temple at height `down`."""
    wide = who.width
    return curve(
        points((0, -1.46 - lift), (0.6 * wide, -1.33 - lift), (0.97 * wide, -0.9), (1.04 * wide, -0.45), (wide, down))
    )


def _crop(who: Identity, rng: np.random.Generator) -> Points:
    lift = float(rng.uniform(0.02, 0.16))
    outer = _crown(who, lift, -0.05)
    line = who.hairline
    peak = float(rng.uniform(-0.04, 0.08))
    inner = curve(
        points(
            (who.width * 0.9, -0.1), (0.8 * who.width, -0.5), (0.68, line + 0.02), (0.36, line - 0.1), (0, line + peak)
        )
    )
    return mirrored(np.vstack([outer, inner]))


def _receding(who: Identity, rng: np.random.Generator) -> Points:
    outer = _crown(who, 0.02, 0.0)
    inner = curve(
        points(
            (who.width * 0.9, -0.1),
            (0.86 * who.width, -0.6),
            (0.74, -1.1),
            (0.4, -1.28),
            (0, -1.05 - 0.2 * rng.random()),
        )
    )
    return mirrored(np.vstack([outer, inner]))


def _side(who: Identity, rng: np.random.Generator) -> Points:
    outer = mirrored(_crown(who, float(rng.uniform(0.05, 0.2)), -0.1))
    half = len(outer) // 2
    right, left = outer[:half], outer[half:]
    flip = 1 if who.parting > 0 else -1
    sweep = curve(
        points((0.9, -0.15), (0.8, -0.55), (abs(who.parting), who.hairline - 0.12), (-0.3, who.hairline + 0.02),
               (-0.72, who.hairline + 0.25), (-0.9, -0.15))
    )  # fmt: skip
    return np.vstack([right, sweep * (who.width, 1.0), left]) * (flip, 1.0)


def _fringe(who: Identity, rng: np.random.Generator) -> Points:
    outer = mirrored(_crown(who, float(rng.uniform(0.08, 0.18)), 0.05))
    half = len(outer) // 2
    level = who.eye_level - who.brow_level - float(rng.uniform(0.02, 0.2))
    u = np.linspace(0.88, -0.88, 15) * who.width
    v = level + 0.06 * rng.normal(size=15).clip(-1, 1) + 0.22 * (np.abs(u) ** 3)
    return np.vstack([outer[:half], np.column_stack([u, v]), outer[half:]])


def _curtain(who: Identity, rng: np.random.Generator) -> Points:
    """Long hair parted and falling past both cheeks."""
    part = who.parting * 0.6
    low = 1.9 if who.hair == "long" else 0.85
    cheek = float(rng.uniform(0.8, 0.95)) * who.width
    outer = curve(points((0, -1.6), (0.7, -1.42), (1.08, -0.8), (1.16, 0.0), (1.14, low)))
    inner = [
        curve(
            points((s * (cheek + 0.08), low), (s * cheek, 0.1), (s * 0.8, -0.55), (part + s * 0.35, -1.0), (part, -1.2))
        )
        for s in (1, -1)
    ]
    return np.vstack([outer, inner[0], inner[1][::-1], outer[::-1] * (-1.0, 1.0)])


def _curls(who: Identity, rng: np.random.Generator) -> Points:
    level = who.hairline + 0.08
    u = np.linspace(0.98, -0.98, 13)
    v = level + 0.75 * np.abs(u) ** 2.6 + 0.05 * rng.normal(size=13).clip(-1.5, 1.5)
    outer = mirrored(_crown(who, 0.15, 0.0))
    half = len(outer) // 2
    return np.vstack([outer[:half], np.column_stack([u * who.width, v]), outer[half:]])


def _veil(who: Identity, rng: np.random.Generator) -> Points:
    oval = float(rng.uniform(0.84, 0.92)) * who.width
    outer = curve(points((0, -1.62), (0.8, -1.4), (1.2, -0.6), (1.25, 0.3), (1.3, 1.9)))
    inner = curve(
        points(
            (0.02, 1.9),
            (0.03, who.chin + 0.1),
            (0.45, who.chin - 0.12),
            (oval, 0.3),
            (oval, -0.4),
            (0.5, -0.92),
            (0, -1.0),
        )
    )
    return mirrored(np.vstack([outer, inner]))


def _cap(who: Identity, rng: np.random.Generator) -> Points:
    top = -1.6 - float(rng.uniform(0.0, 0.14))
    outer = curve(points((0, top), (0.7, top + 0.15), (1.06, -1.1), (1.1, cap_level(who) + 0.16)))
    return mirrored(np.vstack([outer, _brim_edge(who, 0.0)]))


def cap_level(who: Identity) -> float:
    """Height of the lower edge of a knitted cap in the middle."""
    return who.eye_level - who.brow_level - 0.28


def brim(who: Identity) -> np.ndarray:
    """Mask of the turned up edge of a knitted cap."""
    low, high = _brim_edge(who, 0.0), _brim_edge(who, -0.3)
    return fill(mirrored(np.vstack([high[::-1], low])), 0.01)


def _brim_edge(who: Identity, lift: float) -> Points:
    level = cap_level(who) + lift
    return curve(points((1.1, level + 0.18), (0.6, level + 0.05), (0, level)))


def _blobs(size: float, rng: np.random.Generator) -> Points:
    angle = np.linspace(-np.pi * 1.18, np.pi * 0.18, 56)
    radius = size + 0.06 * np.sin(angle * 11 + float(rng.uniform(0, 6))) + 0.035 * rng.normal(size=56)
    ring: Points = np.column_stack([radius * 0.98 * np.cos(angle), -0.45 + radius * np.sin(angle)])
    return ring


_FRONTS: dict[str, Callable[[Identity, np.random.Generator], Points]] = {
    "side": _side,
    "fringe": _fringe,
    "long": _curtain,
    "bob": _curtain,
    "curly": _curls,
    "receding": _receding,
    "veil": _veil,
    "cap": _cap,
}
