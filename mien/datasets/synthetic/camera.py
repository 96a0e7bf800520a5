"""From a portrait on the plane to a photograph: pose, background, lens, noise, gray levels."""

from dataclasses import dataclass

import cv2
import numpy as np

from mien.datasets.synthetic.plane import EXTENT, PIXELS, UNIT, Points
from mien.datasets.synthetic.portrait import Portrait

SIZE = 48
"""Height and width of a face in pixels, as in FER2013."""

OVERSAMPLING = 3
"""A small photograph is taken at so many times SIZE and then averaged down."""

GRAY_LEVELS = 32
"""Gray levels of a picture: coarser than 256, so that the data set fits into its few megabytes."""

VIEW = 1.32
"""Half of the picture's width in face units at scale 1."""


@dataclass(frozen=True)
class Pose:
    """Rotation in the picture, turn and nod in radians; scale 1 fills the picture; shift in face units."""

    roll: float
    yaw: float
    pitch: float
    scale: float
    shift: tuple[float, float]


def draw_pose(rng: np.random.Generator) -> Pose:
    """Draw a pose as loosely framed as FER2013's."""
    return Pose(
        roll=float(rng.normal(0.0, 0.1)),
        yaw=float(np.clip(rng.normal(0.0, 0.19), -0.5, 0.5)),
        pitch=float(np.clip(rng.normal(0.0, 0.11), -0.28, 0.28)),
        scale=float(rng.uniform(0.9, 1.18)),
        shift=(float(rng.normal(0.0, 0.07)), float(rng.normal(0.04, 0.07))),
    )


def photograph(portrait: Portrait, pose: Pose, rng: np.random.Generator, size: int = SIZE) -> np.ndarray:
    """Take the picture: uint8 (size, size)."""
    gray, cover = _posed(portrait, pose, max(size, SIZE * OVERSAMPLING))
    ground = _background(gray.shape[0], rng)
    picture = ground + cover * (gray - ground)
    small = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    return _develop(small, rng)


def project(points: Points, depth: np.ndarray, pose: Pose, size: int) -> Points:
    """Where points of the plane are in a `photograph` of `size` pixels: float (K, 2), x then y."""
    at = np.clip(((points + EXTENT) * UNIT).astype(int), 0, PIXELS - 1)
    relief = depth[at[:, 1], at[:, 0]] - 0.9
    a = np.cos(pose.yaw) * points[:, 0] + np.sin(pose.yaw) * relief
    b = np.cos(pose.pitch) * points[:, 1] + np.sin(pose.pitch) * relief
    cos, sin = np.cos(pose.roll), np.sin(pose.roll)
    seen = np.column_stack([cos * a - sin * b, sin * a + cos * b]) + pose.shift
    return np.asarray((seen * pose.scale / VIEW + 1) / 2 * size - 0.5)


def _posed(portrait: Portrait, pose: Pose, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Gray and cover as seen by the camera: each point of the picture looks up the point of the plane behind it."""
    axis = ((np.arange(side) + 0.5) / side * 2 - 1) * VIEW / pose.scale
    x, y = axis[None, :] - pose.shift[0], axis[:, None] - pose.shift[1]
    cos, sin = np.cos(pose.roll), np.sin(pose.roll)
    a, b = (cos * x + sin * y).astype(np.float32), (cos * y - sin * x).astype(np.float32)
    u, v = a, b
    for _ in range(2):
        relief = _look_up(portrait.depth, u, v) - np.float32(0.9)
        u = (a - np.float32(np.sin(pose.yaw)) * relief) / np.float32(np.cos(pose.yaw))
        v = (b - np.float32(np.sin(pose.pitch)) * relief) / np.float32(np.cos(pose.pitch))
    return _look_up(portrait.gray, u, v), _look_up(portrait.cover, u, v)


def _look_up(image: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    x, y = (u + EXTENT) * UNIT - 0.5, (v + EXTENT) * UNIT - 0.5
    limits = PIXELS - 1.0
    return np.asarray(
        cv2.remap(
            image, np.clip(x, 0, limits), np.clip(y, 0, limits), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    )


def _background(side: int, rng: np.random.Generator) -> np.ndarray:
    level = float(rng.choice((0.08, 0.45, 0.93), p=(0.3, 0.4, 0.3)) + rng.uniform(-0.07, 0.07))
    if rng.random() < 0.4:
        return np.full((side, side), level, np.float32)
    axis = np.linspace(-1, 1, side, dtype=np.float32)
    slope = rng.uniform(-0.2, 0.2, 2)
    ground = level + slope[0] * axis[None, :] + slope[1] * axis[:, None]
    if rng.random() < 0.5:
        blobs = rng.normal(0.0, 0.16, (5, 5)).astype(np.float32)
        ground = ground + cv2.resize(blobs, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(ground, 0.0, 1.0), dtype=np.float32)


def _develop(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, contrast, soft lens and noise; uint8."""
    if rng.random() < 0.25:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.35, 0.75)))
    low, high = np.quantile(picture, (0.01, 0.99))
    black, white = float(rng.uniform(0.0, 0.14)), float(rng.uniform(0.78, 1.02))
    stretched = black + (picture - low) * (white - black) / max(0.2, high - low)
    picture = 0.3 * picture + 0.7 * stretched
    if rng.random() < 0.25:
        picture = picture + rng.normal(0.0, float(rng.uniform(0.005, 0.022)), picture.shape)
    return to_levels(picture)


def to_levels(picture: np.ndarray) -> np.ndarray:
    """Round float gray in [0, 1] to GRAY_LEVELS equal steps; uint8."""
    steps = np.round(np.clip(picture, 0, 1) * (GRAY_LEVELS - 1))
    return np.asarray(np.round(steps * (255 / (GRAY_LEVELS - 1))), dtype=np.uint8)
