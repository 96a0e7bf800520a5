"""The plane that a face is drawn on: coordinates, soft masks of polygons and strokes, bumps.

Coordinates are (u, v) in face units, u to the right and v down. The face stands upright with its eyes near v = -0.15;
its cheekbones are about one unit from the middle, its chin lies near v = 1.25 and the top of its head near v = -1.45.
Every mask is float32 (PIXELS, PIXELS) in [0, 1].
"""

from collections.abc import Sequence

import cv2
import numpy as np

PIXELS = 192
"""Height and width of the plane in pixels; a face of 48 pixels is sampled down from it."""

EXTENT = 1.8
"""Half of the plane's width in face units."""

UNIT = PIXELS / (2 * EXTENT)
"""Pixels per face unit."""

AXIS = ((np.arange(PIXELS) + 0.5) / UNIT - EXTENT).astype(np.float32)
"""Coordinate of each column and of each row."""

Points = np.ndarray
"""float (K, 2): u, v."""

_FRACTION_BITS = 5

_SPLINE = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2
"""Weights of four neighbouring knots (columns) for each power of the position between the middle two (rows)."""


def points(*pairs: tuple[float, float]) -> Points:
    """Points from pairs of coordinates."""
    return np.array(pairs, dtype=np.float64)


def mirrored(outline: Points) -> Points:
    """A closed outline from its right half, given from the top to the bottom."""
    left = outline[::-1] * (-1.0, 1.0)
    return np.vstack([outline, left])


def curve(knots: Points, samples: int = 6) -> Points:
    """Smooth line through `knots` (uniform Catmull-Rom spline), `samples` points per piece."""
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    powers = (np.arange(samples) / samples)[:, None] ** np.arange(4)
    around = np.stack([padded[k : k + len(knots) - 1] for k in range(4)], axis=1)
    pieces = (powers @ _SPLINE) @ around
    return np.vstack([pieces.reshape(-1, 2), knots[-1:]])


def fill(outline: Points, blur: float = 0.0) -> np.ndarray:
    """Mask of a polygon; `blur` is the standard deviation of its soft edge in face units."""
    canvas = np.zeros((PIXELS, PIXELS), np.uint8)
    cv2.fillPoly(canvas, [_fixed(outline)], 255, cv2.LINE_AA, _FRACTION_BITS)
    return _soft(canvas, blur)


def disc(center: tuple[float, float], radius: float) -> np.ndarray:
    """Mask of a disc."""
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    return fill(np.column_stack([center[0] + radius * np.cos(angle), center[1] + radius * np.sin(angle)]))


def strokes(lines: Sequence[Points], width: float, blur: float = 0.0) -> np.ndarray:
    """Mask of open lines of one `width` in face units."""
    canvas = np.zeros((PIXELS, PIXELS), np.uint8)
    thickness = max(1, round(width * UNIT))
    cv2.polylines(canvas, [_fixed(line) for line in lines], False, 255, thickness, cv2.LINE_AA, _FRACTION_BITS)
    return _soft(canvas, blur)


def blurred(mask: np.ndarray, sigma: float) -> np.ndarray:
    """`mask` with a Gaussian blur of `sigma` face units."""
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma * UNIT))


def bump(u: float, v: float, width: float, height: float) -> np.ndarray:
    """A Gaussian hill of height 1 at (u, v) with these standard deviations."""
    across = np.exp(-0.5 * ((AXIS - u) / width) ** 2)
    down = np.exp(-0.5 * ((AXIS - v) / height) ** 2)
    return np.asarray(np.outer(down, across), dtype=np.float32)


def paint(image: np.ndarray, mask: np.ndarray, value: float | np.ndarray, opacity: float = 1.0) -> None:
    """Lay `value` over `image` in place where `mask` is."""
    image += (mask * np.float32(opacity)) * (value - image)


def _fixed(line: Points) -> np.ndarray:
    return np.asarray(np.round(((line + EXTENT) * UNIT - 0.5) * 2**_FRACTION_BITS), dtype=np.int32)


def _soft(canvas: np.ndarray, blur: float) -> np.ndarray:
    """Blurred while it is still bytes: several times as fast as floats, and exact on every machine."""
    soft = cv2.GaussianBlur(canvas, (0, 0), blur * UNIT) if blur else canvas
    return np.asarray(soft / np.float32(255), dtype=np.float32)
