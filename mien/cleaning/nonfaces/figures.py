"""Faces too small for their picture: alone on some ground, or a whole person with shoulders, arms and hands."""

import cv2
import numpy as np

from mien.cleaning.batches import SIDE
from mien.cleaning.nonfaces.warps import detail, some_gray, warp


def small(face: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A small face on plain ground or on a piece of another picture, uint8 (SIDE, SIDE)."""
    scale = rng.uniform(0.2, 0.55)
    room = SIDE / 2 * (1 - scale) + 2
    ground = _ground(other, rng, plain=0.5)
    x, y = rng.uniform(-room, room), rng.uniform(-room, room)
    return _gray_values(_pasted(ground, face, rng.uniform(-25, 25), scale, x, y))


def person(face: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A small face over shoulders, half of the time with an arm or both raised, uint8 (SIDE, SIDE)."""
    scale = rng.uniform(0.25, 0.62)
    x, y, tall = SIDE / 2 + rng.uniform(-10, 10), rng.uniform(10, 30), SIDE / 2 * scale
    wide = tall * rng.uniform(1.2, 2.4)
    picture = _with_body(_ground(other, rng, plain=0.6), other[::-1], (x, y, tall, wide), rng)
    picture = _pasted(picture, face, rng.uniform(-35, 35), scale, x - SIDE / 2, y - SIDE / 2)
    for side in rng.permutation([-1, 1])[: int(rng.choice([0, 0, 1, 2]))]:
        _raise_arm(picture, int(side), (x, y, tall, wide), rng)
    return _gray_values(picture)


def _ground(other: np.ndarray, rng: np.random.Generator, plain: float) -> np.ndarray:
    ground = np.full((SIDE, SIDE), some_gray(rng)) if rng.random() < plain else detail(other, other, rng)
    return ground.astype(np.float32)


def _pasted(ground: np.ndarray, face: np.ndarray, angle: float, scale: float, x: float, y: float) -> np.ndarray:
    """An oval of `face` with soft edges; it is blurred first, so that making it small leaves no false detail."""
    oval = np.zeros((SIDE, SIDE), np.float32)
    cv2.ellipse(oval, (SIDE // 2, SIDE // 2), (18, 25), 0, 0, 360, 1.0, -1)
    oval = warp(cv2.GaussianBlur(oval, (0, 0), 2), angle, scale, x, y, cv2.BORDER_CONSTANT)
    shrunk = warp(cv2.GaussianBlur(face, (0, 0), 0.4 / scale), angle, scale, x, y)
    return np.asarray(oval * shrunk + (1 - oval) * ground)


def _with_body(
    ground: np.ndarray, other: np.ndarray, place: tuple[float, float, float, float], rng: np.random.Generator
) -> np.ndarray:
    """Shoulders from the neck to the lower border, of the stuff of another picture, often paler or darker."""
    x, y, tall, wide = place
    top, lean, neck = y + tall * rng.uniform(0.7, 1.1), rng.uniform(-8, 8), wide * 0.35
    right = [(x + neck, top), (x + wide + lean, top + tall * 0.7), (x + wide + lean, SIDE + 12)]
    left = [(x - wide + lean, SIDE + 12), (x - wide + lean, top + tall * 0.7), (x - neck, top)]
    cloth = detail(other, other, rng).astype(np.float32)
    if rng.random() < 0.5:
        cloth = cloth * rng.uniform(0.1, 0.5) + rng.uniform(0, 160)
    body = np.zeros((SIDE, SIDE), np.float32)
    cv2.fillPoly(body, [np.array(right + left).astype(np.int32)], 1.0, cv2.LINE_AA)
    body = cv2.GaussianBlur(body, (0, 0), 0.6)
    return np.asarray(body * cloth + (1 - body) * ground)


def _raise_arm(
    picture: np.ndarray, side: int, place: tuple[float, float, float, float], rng: np.random.Generator
) -> None:
    """Draw an arm as bright as the face, from its hand near the face down and out."""
    x, y, tall, wide = place
    skin = float(picture[int(y), int(x)]) * rng.uniform(0.7, 1.2)
    hand = (int(x + side * tall * rng.uniform(0.2, 1.2)), int(y + tall * rng.uniform(-0.8, 0.9)))
    elbow = (int(x + side * wide * rng.uniform(0.9, 1.5)), int(hand[1] + tall * rng.uniform(0.8, 2)))
    cv2.line(picture, hand, elbow, skin, max(2, int(tall * rng.uniform(0.25, 0.5))), cv2.LINE_AA)


def _gray_values(picture: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(picture, 0, 255).round().astype(np.uint8))
