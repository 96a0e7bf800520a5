"""One person with one expression under one light: color, cover and depth on the plane."""

from dataclasses import dataclass

import numpy as np

from mien.datasets.synthetic import extras, features, hair
from mien.datasets.synthetic.action_units import Units
from mien.datasets.synthetic.identity import Identity
from mien.datasets.synthetic.plane import AXIS, blurred, curve, fill, mirrored, paint, points
from mien.datasets.synthetic.shape import SIDES, Mouth, head, mouth
from mien.datasets.synthetic.surface import Light, Relief, model


@dataclass(frozen=True)
class Portrait:
    """Each float32 (PIXELS, PIXELS): `gray` in [0, 1], `cover` (1 where there is no background), `depth`."""

    gray: np.ndarray
    cover: np.ndarray
    depth: np.ndarray


@dataclass(frozen=True)
class Look:
    """What may change from picture to picture of the same person."""

    light: Light
    gaze: tuple[float, float]
    occlusion: str


def draw_portrait(who: Identity, units: Units, look: Look, rng: np.random.Generator) -> Portrait:
    """Draw a portrait, from the back to the front."""
    skull = fill(head(who, units), 0.01)
    lips = mouth(who, units)
    relief = model(who, units, skull, lips, look.light)
    grain = hair.strands(rng)
    tone = _hair_tone(who, relief.bright, grain)

    gray, cover = _background_layers(who, tone, look.light, rng)
    _paint_ears(gray, cover, who, look.light)
    skin = _skin(who, units, lips, look, grain, relief)
    front = hair.on_top(who, rng)
    if front is not None:
        skin *= 1 - 0.45 * blurred(_shifted(front, look.light), 0.05)
    paint(gray, skull, skin)
    cover = np.maximum(cover, skull)
    if front is not None:
        paint(gray, front, tone)
        cover = np.maximum(cover, front)
    if who.hair == "cap":
        paint(gray, hair.brim(who), tone * 0.72)
    extras.paint_earrings(gray, who)
    extras.paint_glasses(gray, who, rng)
    _occlude(gray, cover, who, look.occlusion, relief.bright, rng)
    return Portrait(np.clip(gray, 0, 1), cover, relief.depth)


def _skin(who: Identity, units: Units, lips: Mouth, look: Look, grain: np.ndarray, relief: Relief) -> np.ndarray:
    albedo = features.complexion(who)
    features.paint_beard(albedo, who, lips, grain)
    features.paint_nose(albedo, who, units)
    features.paint_mouth(albedo, who, units, lips)
    features.paint_eyes(albedo, who, units, look.gaze)
    features.paint_brows(albedo, who, units)
    albedo *= 1 - 0.3 * np.minimum(relief.wrinkles, 1)
    cast = 0.22 * _nose_shadow(who, look.light.direction[0])
    return np.asarray(albedo * relief.bright * (1 - cast) + 0.07 * relief.gloss)


def _nose_shadow(who: Identity, across: float) -> np.ndarray:
    """Shadow of the nose on the side away from the light."""
    base = who.eye_level + who.nose_length
    side = -np.sign(across) * min(0.16, abs(across) * 0.2)
    line = points((side * 0.3, base - 0.3), (side * 1.4, base + 0.04), (side, base + 0.14), (-0.02, base + 0.08))
    return fill(curve(np.vstack([line, line[:1]])), 0.04)


def _hair_tone(who: Identity, bright: np.ndarray, grain: np.ndarray) -> np.ndarray:
    if who.hair == "cap":
        ribs = 1 + 0.1 * np.sin(AXIS[None, :] * 38)
        return np.asarray((0.12 + 0.6 * who.clothes) * (0.45 + 0.55 * bright) * ribs, dtype=np.float32)
    if who.hair == "veil":
        return np.asarray((0.15 + 0.7 * who.clothes) * (0.55 + 0.45 * bright + 0.06 * grain), dtype=np.float32)
    streaks = 0.22 - 0.13 * who.hair_gray
    sheen = 0.05 * np.maximum(grain, 0) * np.maximum(bright - 0.4, 0)
    return np.asarray(who.hair_gray * (0.55 + 0.6 * bright) * (1 + streaks * grain) + sheen, dtype=np.float32)


def _background_layers(
    who: Identity, tone: np.ndarray, light: Light, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Hair behind, neck and shoulders."""
    gray = np.zeros((len(AXIS), len(AXIS)), np.float32)
    cover = gray.copy()
    back = hair.behind(who, rng)
    if back is not None:
        paint(gray, back, tone * 0.75)
        cover = np.maximum(cover, back)
    wide = who.jaw * who.width * 0.82
    neck = fill(
        mirrored(curve(points((0.0, 0.6), (wide, 0.7), (wide * 0.95, 1.35), (wide + 0.25, 1.7), (wide, 2.2), (0, 2.2))))
    )
    turn = np.clip(0.75 + 0.3 * light.direction[0] * AXIS[None, :] - 0.2 * AXIS[None, :] ** 2, 0.3, 1)
    chin = np.clip((AXIS[:, None] - who.chin + 0.12) * 1.2, 0.0, 0.5) + 0.42
    paint(gray, neck, np.asarray(who.skin * turn * chin, dtype=np.float32))
    collar = curve(
        points((0.0, who.chin + 0.5), (wide * 0.7, who.chin + 0.32), (wide + 0.1, who.chin + 0.2), (1.9, 1.62))
    )
    cloth = fill(mirrored(np.vstack([collar, points((1.9, 2.2), (0, 2.2))])), 0.01)
    paint(gray, cloth, np.asarray(who.clothes * (0.6 + 0.4 * turn), dtype=np.float32))
    return gray, np.maximum(cover, np.maximum(neck, cloth))


def _paint_ears(gray: np.ndarray, cover: np.ndarray, who: Identity, light: Light) -> None:
    if who.hair in ("long", "bob", "veil"):
        return
    for side in SIDES:
        u, tall = side * (who.width - 0.02), 0.24 * who.ear
        outer = curve(points((u, -0.2), (u + side * 0.13, -0.2), (u + side * 0.12, 0.05), (u + side * 0.03, tall)))
        ear = fill(outer, 0.012)
        lit = 0.62 + 0.25 * light.direction[0] * side
        paint(gray, ear, who.skin * lit)
        inner = fill((outer - (u, 0.0)) * (0.55, 0.6) + (u + side * 0.02, 0.0), 0.02)
        paint(gray, inner, who.skin * lit * 0.6, 0.7)
        np.maximum(cover, ear, out=cover)


def _shifted(mask: np.ndarray, light: Light) -> np.ndarray:
    """The mask moved away from the light, as its shadow on the forehead."""
    across = -round(light.direction[0] * 3)
    down = max(1, -round(light.direction[1] * 6))
    return np.roll(mask, (down, across), (0, 1))


def _occlude(
    gray: np.ndarray, cover: np.ndarray, who: Identity, kind: str, bright: np.ndarray, rng: np.random.Generator
) -> None:
    if kind == "hand":
        np.maximum(cover, extras.paint_hand(gray, who, bright, rng), out=cover)
    if kind == "scarf":
        np.maximum(cover, extras.paint_scarf(gray, who, rng), out=cover)
    if kind == "strand" and who.hair not in ("bald", "receding", "veil", "cap"):
        extras.paint_strand(gray, who, rng)
