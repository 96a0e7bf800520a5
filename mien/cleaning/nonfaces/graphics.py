"""Drawn pictures in place of photographs: words, signs and shapes on paper."""

import string

import cv2
import numpy as np

from mien.cleaning.batches import SIDE
from mien.cleaning.nonfaces.warps import some_gray

LARGE = 4 * SIDE
"""Pictures are drawn so large, and then averaged down."""

LETTERS = string.ascii_letters + "    .,!?."
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def graphic(_: np.ndarray, __: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Up to two shapes, mostly with lines of text, at times with a little noise: uint8 (SIDE, SIDE)."""
    paper = some_gray(rng)
    picture = np.full((LARGE, LARGE), paper, np.float32)
    if rng.random() < 0.3:
        picture += np.linspace(0, rng.uniform(-80, 80), LARGE, dtype=np.float32)[:, None]
    for _number in range(int(rng.integers(3))):
        _draw_shape(picture, _ink(paper, rng), rng)
    if rng.random() < 0.75:
        _write(picture, _ink(paper, rng), rng)
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        small = small + rng.normal(0, rng.uniform(0.5, 4), small.shape)
    return np.asarray(np.clip(small, 0, 255).astype(np.uint8))


def _ink(paper: int, rng: np.random.Generator) -> int:
    """Any gray value, more often one that differs from the paper's."""
    if rng.random() < 0.3:
        return int(rng.integers(256))
    return int(np.clip(paper + rng.choice([-1, 1]) * rng.integers(15, 256), 0, 255))


def _draw_shape(picture: np.ndarray, ink: int, rng: np.random.Generator) -> None:
    """A box, an oval, a triangle or a stroke, filled or in outline."""
    line = int(rng.choice(np.array([-1, -1, rng.integers(3, 14)])))
    x, y = (int(value) for value in rng.integers(0, LARGE, 2))
    wide, tall = (int(value) for value in rng.integers(10, 75, 2))
    shape = int(rng.integers(4))
    if shape == 0:
        cv2.rectangle(picture, (x - wide, y - tall), (x + wide, y + tall), ink, line, cv2.LINE_AA)
    elif shape == 1:
        cv2.ellipse(picture, (x, y), (wide, tall), 0, 0, 360, ink, line, cv2.LINE_AA)
    elif shape == 2:
        corners = np.array([(x, y - tall), (x + wide, y + tall), (x - wide, y + tall)], np.int32)
        cv2.drawContours(picture, [corners], 0, ink, line, cv2.LINE_AA)
    else:
        cv2.line(picture, (x, y), (x + 2 * wide, y + 2 * tall - 80), ink, max(3, line), cv2.LINE_AA)


def _write(picture: np.ndarray, ink: int, rng: np.random.Generator) -> None:
    """Lines of letters, from the smallest that leave a trace to such that fill the picture."""
    scale = float(np.exp(rng.uniform(np.log(0.35), np.log(4))))
    thickness = max(1, round(scale * rng.uniform(1.5, 4)))
    left, top, step = int(rng.integers(-60, 90)), int(rng.integers(140)), int(scale * rng.uniform(26, 60))
    font = FONTS[int(rng.integers(len(FONTS)))]
    for number in range(int(rng.integers(1, 8))):
        words = "".join(LETTERS[at] for at in rng.integers(len(LETTERS), size=int(rng.integers(2, 24))))
        cv2.putText(picture, words, (left, top + number * step), font, scale, ink, thickness, cv2.LINE_AA)
