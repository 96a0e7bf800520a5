"""Gray and size."""

import cv2
import numpy as np


def to_gray(picture: np.ndarray) -> np.ndarray:
    """(H, W) uint8 from (H, W) or (H, W, 3) RGB uint8, by the luma of ITU-R BT.601."""
    gray: np.ndarray = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return gray


def to_rgb(picture: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 from (H, W) or (H, W, 3) RGB uint8; a gray picture has three equal channels."""
    rgb: np.ndarray = picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    return rgb


def resize(picture: np.ndarray, size: int) -> np.ndarray:
    """(size, size) or (size, size, 3) uint8: mean over areas where it shrinks, bilinear where it only grows.

    Area averaging is what FER2013-like faces were cut with (as in mememoji's project) and does not alias; in OpenCV it
    would repeat pixels in a picture that grows.
    """
    height, width = picture.shape[:2]
    if (height, width) == (size, size):
        return picture
    grows = height <= size and width <= size
    method = cv2.INTER_LINEAR if grows else cv2.INTER_AREA
    resized: np.ndarray = cv2.resize(picture, (size, size), interpolation=method)
    return resized


def resize_all(faces: np.ndarray, size: int) -> np.ndarray:
    """`resize` of each of (N, H, W) or (N, H, W, 3) uint8."""
    if faces.shape[1:3] == (size, size):
        return faces
    resized = np.empty((len(faces), size, size, *faces.shape[3:]), np.uint8)
    for at, face in enumerate(faces):
        resized[at] = resize(face, size)
    return resized
