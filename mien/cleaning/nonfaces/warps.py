"""Moves of a face: mild ones, after which it is one still, and such as take the face out of its picture."""

import cv2
import numpy as np

from mien.cleaning.batches import SIDE

MIDDLE = (SIDE - 1) / 2

BORDERS = (cv2.BORDER_REFLECT_101, cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT)


def warp(
    picture: np.ndarray, angle: float, scale: float, x: float, y: float, border: int = BORDERS[0], paper: int = 0
) -> np.ndarray:
    """`picture` turned by `angle` degrees around its middle, scaled and moved by (x, y) pixels; same type and size."""
    change = cv2.getRotationMatrix2D((MIDDLE, MIDDLE), angle, scale)
    change[:, 2] += (x, y)
    return np.asarray(
        cv2.warpAffine(picture, change, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=paper)
    )


def some_gray(rng: np.random.Generator) -> int:
    """Any gray value, black and white more often than by chance."""
    return int(rng.choice(np.array([0, 255, 255, rng.integers(256)])))


def mild(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A face as photographs also show it: tilted, nearer, a little aside, mirrored."""
    scale = float(np.exp(abs(rng.normal(0, 0.15))))
    room = SIDE / 4 * (scale - 1) + 2
    tilt = float(np.clip(rng.normal(0, 14), -35, 35))
    mirrored = np.ascontiguousarray(face[:, ::-1]) if rng.random() < 0.5 else face
    return warp(mirrored, tilt, scale, rng.uniform(-room, room), rng.uniform(-room, room))


def turned(face: np.ndarray, _: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Lying, or upside down."""
    angle = float(rng.choice([90, 180, 270]) if rng.random() < 0.4 else rng.uniform(55, 305))
    return warp(face, angle, rng.uniform(0.95, 1.2), rng.uniform(-4, 4), rng.uniform(-4, 4))


def detail(face: np.ndarray, _: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A piece of it, enlarged: skin, hair, an eye, a mouth."""
    scale = rng.uniform(1.7, 3.5)
    room = SIDE / 2 * (scale - 1)
    return warp(face, rng.uniform(-20, 20), scale, rng.uniform(-room, room), rng.uniform(-room, room))


def cut_off(face: np.ndarray, _: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half out of the picture."""
    way, distance = rng.uniform(0, 2 * np.pi), rng.uniform(15, 36)
    x, y = distance * np.cos(way), distance * np.sin(way)
    border = BORDERS[int(rng.integers(len(BORDERS)))]
    return warp(face, rng.uniform(-20, 20), rng.uniform(0.9, 1.3), x, y, border, some_gray(rng))


def shuffled(face: np.ndarray, _: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut into four or nine pieces, in another order."""
    parts = int(rng.choice([2, 2, 3]))
    size = SIDE // parts
    pieces = face.reshape(parts, size, parts, size).swapaxes(1, 2).reshape(-1, size, size)
    order = rng.permutation(parts**2)
    mixed = pieces[order if (order != np.sort(order)).any() else order[::-1]].reshape(parts, parts, size, size)
    return mixed.swapaxes(1, 2).reshape(SIDE, SIDE)
