"""Walk through an array of faces in gray batches of bounded memory."""

import os
from collections.abc import Iterator

import cv2
import numpy as np

PIXELS = 2**21
"""Gray values in one batch: 910 faces of 48 x 48."""


SIDE = 48
"""Height and width of the pictures that networks judge."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gray_batches(images: np.ndarray, pixels: int = PIXELS) -> Iterator[np.ndarray]:
    """Cut uint8 (N, H, W) or (N, H, W, 3) RGB into consecutive gray batches (B, H, W) of about `pixels` values."""
    height, width = images.shape[1:3]
    size = max(1, pixels // (height * width))
    for start in range(0, len(images), size):
        yield gray(images[start : start + size])


def gray(images: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W) as it is, (N, H, W, 3) RGB to (N, H, W) by OpenCV's weights."""
    if images.ndim == 3:
        return images
    count, height, width, _ = images.shape
    tall = np.ascontiguousarray(images).reshape(count * height, width, 3)
    flat: np.ndarray = cv2.cvtColor(tall, cv2.COLOR_RGB2GRAY)
    return flat.reshape(count, height, width)


def resized(images: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W) or (N, H, W, 3) RGB to gray (N, SIDE, SIDE)."""
    pictures = gray(images)
    if pictures.shape[1:] == (SIDE, SIDE):
        return np.ascontiguousarray(pictures)
    return np.stack([cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for picture in pictures])
