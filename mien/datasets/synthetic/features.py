"""Paint on the skin: brows, eyes, nostrils, lips and teeth, beard. All work in place on an albedo image."""

import numpy as np

from mien.datasets.synthetic.action_units import CORNER_PULL, LIP_LOWER_DOWN, LIP_UPPER, NOSE_WRINKLE, STRETCH, Units
from mien.datasets.synthetic.identity import Identity
from mien.datasets.synthetic.plane import AXIS, bump, curve, disc, fill, paint, points, strokes
from mien.datasets.synthetic.shape import SIDES, Eye, Mouth, brow, eye


def complexion(who: Identity) -> np.ndarray:
    """Albedo of bare skin, float32 (PIXELS, PIXELS): darker around the eyes, a little blush on the cheeks."""
    tone = np.ones((len(AXIS), len(AXIS)), np.float32)
    for side in SIDES:
        tone -= (0.06 + 0.08 * who.age) * bump(side * who.eye_gap, who.eye_level + 0.02, 0.22, 0.12)
        tone -= 0.05 * bump(side * 0.5, 0.25, 0.2, 0.15)
    tone += 0.05 * bump(0, -0.75, 0.45, 0.25)
    return np.asarray(tone * np.float32(who.skin))


def paint_brows(albedo: np.ndarray, who: Identity, units: Units) -> None:
    """Both brows."""
    gray = min(who.brow_gray, who.skin * 0.62)
    for side in SIDES:
        paint(albedo, fill(brow(who, units, side), 0.012), gray, 0.9)


def paint_eyes(albedo: np.ndarray, who: Identity, units: Units, gaze: tuple[float, float]) -> None:
    """Both eyes: white, iris, pupil, reflex, lashes and the crease of the lid."""
    for side in SIDES:
        _paint_eye(albedo, who, eye(who, units, side, gaze))


def _paint_eye(albedo: np.ndarray, who: Identity, one: Eye) -> None:
    crease = one.upper[2:-2] - (0.0, 0.05)
    paint(albedo, strokes([crease], 0.02, 0.012), who.skin * 0.45, 0.55)
    opening = fill(one.outline)
    paint(albedo, opening, 0.55 + 0.42 * who.skin)
    paint(albedo, opening * disc(one.center, one.radius), who.iris + 0.03)
    paint(albedo, opening * disc(one.center, one.radius * 0.45), 0.02)
    u, v = one.center
    paint(albedo, opening * disc((u - 0.03, v - 0.035), 0.019), 0.6 + 0.6 * who.skin)
    shadow = strokes([one.upper + (0.0, 0.012)], 0.03, 0.02)
    paint(albedo, opening * shadow, 0.1, 0.6)
    paint(albedo, strokes([one.upper], 0.022 + 0.02 * who.lashes, 0.006), 0.04, 0.55 + 0.4 * who.lashes)
    paint(albedo, strokes([one.lower], 0.02, 0.008), who.skin * 0.35, 0.3 + 0.3 * who.lashes)


def paint_nose(albedo: np.ndarray, who: Identity, units: Units) -> None:
    """Nostrils and the crease of the wings."""
    base = who.eye_level + who.nose_length + 0.045
    for side in SIDES:
        lift = 0.03 * units.on(side, NOSE_WRINKLE)
        nostril = curve(
            points((side * 0.04, base - lift), (side * 0.085, base - 0.028 - lift), (side * 0.13, base - lift))
        )
        paint(albedo, strokes([nostril], 0.03, 0.014), who.skin * 0.25, 0.7)
        wide = who.nose_width
        wing = curve(
            points(
                (side * (wide - 0.015), base - 0.13 - lift),
                (side * (wide + 0.025), base - 0.06 - lift),
                (side * (wide - 0.02), base - lift),
            )
        )
        paint(albedo, strokes([wing], 0.022, 0.02), who.skin * 0.5, 0.45)


def paint_mouth(albedo: np.ndarray, who: Identity, units: Units, lips: Mouth) -> None:
    """Lips, the dark of the mouth, teeth, tongue."""
    tone = who.skin * who.lip_tone
    paint(albedo, fill(lips.lips, 0.01), tone, 0.9)
    if lips.opening > 0.02:
        gap = fill(lips.gap)
        paint(albedo, gap, 0.05)
        _paint_teeth(albedo, units, lips, gap)
    seam = [lips.upper_in] if lips.opening <= 0.02 else [lips.upper_in, lips.lower_in]
    paint(albedo, strokes(seam, 0.026, 0.01), who.skin * 0.18, 0.75 if len(seam) == 1 else 0.45)
    ends = [lips.upper_in[:3], lips.upper_in[-3:]]
    paint(albedo, strokes(ends, 0.04, 0.02), who.skin * 0.25, 0.5)


def _paint_teeth(albedo: np.ndarray, units: Units, lips: Mouth, gap: np.ndarray) -> None:
    smile = max(units.both(CORNER_PULL), 0.9 * units.both(LIP_UPPER), 0.7 * units.both(STRETCH), 0.08)
    inner = slice(2, -2)
    top = lips.upper_in[inner]
    row = np.vstack([top, (top + (0.0, 0.03 + 0.085 * smile))[::-1]])
    paint(albedo, gap * fill(row, 0.008), 0.88, 0.95)
    low = max(units.both(LIP_LOWER_DOWN), 0.8 * units.both(STRETCH))
    bottom = lips.lower_in[inner]
    if low > 0.25:
        row = np.vstack([bottom - (0.0, 0.07 * low), bottom[::-1]])
        paint(albedo, gap * fill(row, 0.008), 0.74, 0.95)
    elif lips.opening > 0.16:
        tongue = bump(0, float(bottom[len(bottom) // 2, 1]), 0.15, 0.06)
        paint(albedo, gap * tongue, 0.3, 0.8)


def paint_beard(albedo: np.ndarray, who: Identity, lips: Mouth, grain: np.ndarray) -> None:
    """Stubble to full beard; `grain` is the noise of hair in [-1, 1]."""
    if who.beard == "none":
        return
    area = _beard_area(who, lips)
    density = 0.32 * who.beard_density if who.beard == "stubble" else who.beard_density
    gray = max(0.03, min(0.7, who.hair_gray * 0.9))
    paint(albedo, area, gray * (1 + 0.2 * grain), density)


def _beard_area(who: Identity, lips: Mouth) -> np.ndarray:
    left, right = lips.upper_out[0], lips.upper_out[-1]
    peak = float(lips.upper_out[12, 1])
    low = float(lips.lower_out[12, 1])
    base = who.eye_level + who.nose_length + 0.09
    wing = min(base + 0.05, peak - 0.03)
    wide = max(0.38, right[0] + 0.08)  # wider than a rounded mouth, or it would be a toothbrush moustache
    ends = (-wide, (left[1] + peak) / 2 + 0.06), (wide, (right[1] + peak) / 2 + 0.06)
    slopes = (-0.7 * wide, wing + 0.03), (0.7 * wide, wing + 0.03)
    lip = curve(points(ends[0], slopes[0], (-0.14, wing), (0.0, wing - 0.01), (0.14, wing), slopes[1], ends[1]))
    under = points((right[0] - 0.05, right[1]), (0.1, peak - 0.005), (-0.1, peak - 0.005), (left[0] + 0.05, left[1]))
    moustache = fill(np.vstack([lip, under]), 0.02)
    if who.beard == "moustache":
        return moustache
    goatee = fill(
        curve(points((-0.2, low + 0.05), (0.2, low + 0.05), (0.3, who.chin), (0, who.chin + 0.3), (-0.3, who.chin))),
        0.03,
    )
    if who.beard == "goatee":
        return np.asarray(np.maximum(moustache, goatee))
    jaw = points((-1.2, 0.1), (-0.86, 0.15), (-0.66, 0.52), (left[0] - 0.08, left[1] + 0.02), (-0.2, low + 0.06),
                 (0.2, low + 0.06), (right[0] + 0.08, right[1] + 0.02), (0.66, 0.52), (0.86, 0.15), (1.2, 0.1),
                 (1.2, 1.7), (-1.2, 1.7))  # fmt: skip
    return np.asarray(np.maximum(moustache, fill(jaw, 0.045)))
