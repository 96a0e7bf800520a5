"""Walk through an array of faces in gray batches of bounded memory."""

import math
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


def gray_batches(images: np.ndarray, pixels: int = PIXELS, rows: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Cut uint8 (N, H, W) or (N, H, W, 3) RGB into consecutive gray batches (B, H, W) of about `pixels` values.

    With `rows` only the images at these positions, in their order; no more than a batch of them is in memory.
    """
    size = batch_size(images, pixels)
    for start in range(0, len(images) if rows is None else len(rows), size):
        chosen = slice(start, start + size)
        yield gray(images[chosen] if rows is None else images[rows[chosen]])


def batch_size(images: np.ndarray, pixels: int = PIXELS) -> int:
    """Images that have about `pixels` places, at least one."""
    return max(1, pixels // math.prod(images.shape[1:3]))


def gray(images: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W) as it is, (N, H, W, 3) RGB to (N, H, W) by OpenCV's weights."""
    if images.ndim == 3:
        return images
    count, height, width, _ = images.shape
    tall = np.ascontiguousarray(images).reshape(count * height, width, 3)
    flat: np.ndarray = cv2.cvtColor(tall, cv2.COLOR_RGB2GRAY)
    return flat.reshape(count, height, width)


def small(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`resized` of `images[rows]`, (M, SIDE, SIDE), read batch by batch; `images` may be a memory map of any size."""
    out = np.empty((len(rows), SIDE, SIDE), np.uint8)
    at = 0
    for batch in gray_batches(images, rows=rows):
        out[at : at + len(batch)] = resized(batch)
        at += len(batch)
    return out


def resized(images: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W) or (N, H, W, 3) RGB to gray (N, SIDE, SIDE)."""
    pictures = gray(images)
    if pictures.shape[1:] == (SIDE, SIDE):
        return np.ascontiguousarray(pictures)
    return np.stack([cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for picture in pictures])
