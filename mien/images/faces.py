"""The face in a picture: cut out, upright, of one size."""

import math

import cv2
import numpy as np

from mien.images.errors import ImageError
from mien.images.resizing import resize, to_gray, to_rgb
from mien.params.preparation import Preparation
from mien.reasons import Reason

Box = tuple[int, int, int, int]
"""x, y, width and height in pixels of the upright picture; may reach outside of it."""

LANDMARKS = 68
"""Points of a face, in the order of iBUG's 300-W."""

EYES = (slice(36, 42), slice(42, 48))
"""Landmarks of the eye on the left of the picture and of the one on the right."""

SMALLEST_BOX = 8
"""Pixels of a box, height and width, that must be inside the picture."""

LONGEST_SIDE = 32_766
"""Pixels of a picture that OpenCV can turn."""

SMALLEST_DISTANCE = 2.0
"""Pixels between the eyes; below, their direction is chance."""


def prepare(
    picture: np.ndarray, settings: Preparation, box: Box | None = None, landmarks: np.ndarray | None = None
) -> np.ndarray:
    """What a network sees of a picture.

    Args:
        picture: uint8 (H, W) gray or (H, W, 3) RGB, upright, as `decode` gives it.
        settings: size, colour, margin and alignment.
        box: of the face; None: the whole picture is the face.
        landmarks: float (68, 2), x and y in pixels of the picture; None or with values that are no numbers: unknown,
            and the face is not turned.

    Returns:
        uint8 (size, size), or (size, size, 3) RGB; a box that is no square is stretched to one.

    Raises:
        ImageError: BBOX_OUT, fewer than SMALLEST_BOX pixels of the box are inside the picture; TOO_LARGE, it cannot be
            turned.
    """
    return resize(cut(picture, settings, box, landmarks), settings.image_size)


def cut(
    picture: np.ndarray, settings: Preparation, box: Box | None = None, landmarks: np.ndarray | None = None
) -> np.ndarray:
    """`prepare` before the resizing: the face's pixels in the picture's own size, uint8 (h, w) or (h, w, 3).

    Its SHA-256 names the face whatever `image_size` is.
    """
    window = _window(picture, settings.crop_margin, box)
    slope = _slope(landmarks) if settings.align and landmarks is not None else 0.0
    face = _turned(picture, window, slope) if slope else picture[window[1] : window[3], window[0] : window[2]]
    face = to_gray(face) if settings.color == "gray" else to_rgb(face)
    return np.ascontiguousarray(face)


def _window(picture: np.ndarray, margin: float, box: Box | None) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the box with its margin, clipped to the picture."""
    height, width = picture.shape[:2]
    if box is None:
        return 0, 0, width, height
    x, y, across, down = box
    inside = min(x + across, width) - max(x, 0), min(y + down, height) - max(y, 0)
    if min(*inside, across, down) < SMALLEST_BOX:
        detail = f"box x {x}, y {y}, {across} x {down} in a picture of {width} x {height} pixels"
        raise ImageError(Reason.BBOX_OUT, f"{detail}: less than {SMALLEST_BOX} pixels of it are inside")
    more_x, more_y = round(margin * across), round(margin * down)
    left, top = max(x - more_x, 0), max(y - more_y, 0)
    return left, top, min(x + across + more_x, width), min(y + down + more_y, height)


def _slope(landmarks: np.ndarray) -> float:
    """Angle in radians, in the picture's coordinates, of the line from eye to eye; 0.0 where it is not known."""
    if not np.isfinite(landmarks[EYES[0].start : EYES[1].stop]).all():
        return 0.0
    left, right = (landmarks[points].astype(np.float64).mean(axis=0) for points in EYES)
    across, down = right - left
    return math.atan2(down, across) if math.hypot(across, down) >= SMALLEST_DISTANCE else 0.0


def _turned(picture: np.ndarray, window: tuple[int, int, int, int], slope: float) -> np.ndarray:
    """The window turned about its middle by `slope`, read from the picture; outside, its border goes on."""
    if max(picture.shape[:2]) > LONGEST_SIDE:
        longest = f"{max(picture.shape[:2]):,} pixels on one side; at most {LONGEST_SIDE:,} where faces are turned"
        raise ImageError(Reason.TOO_LARGE, longest)
    left, top, right, bottom = window
    # Positions of pixels are those of their middles, hence the half.
    middle = np.array([(left + right - 1) / 2, (top + bottom - 1) / 2])
    turn = np.array([[math.cos(slope), -math.sin(slope)], [math.sin(slope), math.cos(slope)]])
    start = middle - turn @ (middle - (left, top))
    turned: np.ndarray = cv2.warpAffine(
        picture,
        np.hstack([turn, start[:, None]]),  # from the face's pixels to the picture's
        (right - left, bottom - top),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return turned
