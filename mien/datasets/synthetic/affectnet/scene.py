"""A picture larger than its face, in colour, with the face's box and its 68 landmarks."""

from dataclasses import dataclass

import cv2
import numpy as np

from mien.datasets.synthetic.affectnet.expressions import draw_units
from mien.datasets.synthetic.camera import VIEW, Pose, draw_pose, photograph, project
from mien.datasets.synthetic.face import draw_look
from mien.datasets.synthetic.identity import draw_identity
from mien.datasets.synthetic.landmarks import LANDMARKS, landmarks
from mien.datasets.synthetic.nonfaces import draw_icon, draw_text
from mien.datasets.synthetic.portrait import draw_portrait

SIDES = (140, 240)
"""Range of the height and width of a picture before its edges are cut."""

HALF_FACE = 1.3
"""Half of a box's width in face units: framed as loosely as FER2013's faces."""

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels; may reach over the picture's edge, as AffectNet's do."""


@dataclass(frozen=True)
class Scene:
    """`picture` uint8 (H, W, 3) RGB; `landmarks` float (68, 2), x then y in pixels of it."""

    picture: np.ndarray
    box: Box
    landmarks: np.ndarray


def draw_scene(label: str, strength: float, rng: np.random.Generator) -> Scene:
    """Draw a face somewhere in a picture, or for "no-face" a placeholder that a face detector took for one."""
    if label == "no-face":
        return _without_face(rng)
    who, look = draw_identity(rng), draw_look(rng)
    units = draw_units(label, strength, rng)
    portrait = draw_portrait(who, units, look, rng)
    pose, side = _far(draw_pose(rng), rng), int(rng.integers(*SIDES))
    gray = photograph(portrait, pose, rng, side)
    seen = project(landmarks(who, units, look.gaze), portrait.depth, pose, side)
    middle = project(np.array([[0.0, -0.03]]), portrait.depth, pose, side)[0]
    half = HALF_FACE * pose.scale / VIEW * side / 2
    return _cut(Scene(_coloured(gray, rng), _box(middle, half), seen), rng)


def face_of(scene: Scene, side: int) -> Scene:
    """The face alone, (side, side, 3), with its landmarks; the box is all of it. Edges are repeated outside."""
    x, y, width, height = scene.box
    edge = max(width, height)
    padded = cv2.copyMakeBorder(scene.picture, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    face = padded[edge + y : edge + y + height, edge + x : edge + x + width]
    resized = np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA))
    moved = (scene.landmarks - (x, y)) * (side / width, side / height)
    return Scene(resized, (0, 0, side, side), moved)


def _far(pose: Pose, rng: np.random.Generator) -> Pose:
    """The same head, further away and aside."""
    scale = pose.scale * float(rng.uniform(0.5, 0.75))
    room = VIEW / scale - HALF_FACE
    shift = rng.uniform(-0.5 * room, 0.5 * room, 2)
    return Pose(pose.roll, pose.yaw, pose.pitch, scale, (float(shift[0]), float(shift[1])))


def _box(middle: np.ndarray, half: float) -> Box:
    x, y = (round(float(value) - half) for value in middle)
    return x, y, round(2 * half), round(2 * half)


def _cut(scene: Scene, rng: np.random.Generator) -> Scene:
    """Cut some of each edge, so that pictures are not square and some boxes reach over them."""
    height, width = scene.picture.shape[:2]
    left, top, right, bottom = (int(value) for value in rng.integers(0, height // 8, 4))
    x, y, wide, high = scene.box
    picture = np.ascontiguousarray(scene.picture[top : height - bottom, left : width - right])
    return Scene(picture, (x - left, y - top, wide, high), scene.landmarks - (left, top))


def _coloured(gray: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """RGB from gray: warmer where it is dark, as skin is; (H, W, 3) uint8."""
    tones = gray[..., None] / 255.0
    powers = np.array((0.9, 1.05, 1.15)) + rng.uniform(-0.08, 0.08, 3)
    return np.asarray(np.round(255 * tones**powers), dtype=np.uint8)


def _without_face(rng: np.random.Generator) -> Scene:
    side = int(rng.integers(*SIDES))
    small = draw_icon(rng) if rng.random() < 0.5 else draw_text(rng)
    picture = cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)
    half = side * float(rng.uniform(0.3, 0.45))
    box = _box(np.array((side / 2, side / 2)), half)
    around = rng.uniform(side / 2 - half, side / 2 + half, (LANDMARKS, 2))
    return Scene(_coloured(picture, rng), box, around)
