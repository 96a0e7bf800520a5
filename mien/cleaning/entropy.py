"""How much a face says: Shannon entropy of its gray values, and whether it is of one gray value."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np

from mien.cleaning.batches import SIDE, gray, gray_batches, resized
from mien.cleaning.windows import window_entropy
from mien.progress import meter

TASK_ROWS = 4096
"""Rows of pictures that one thread takes at a time, 85 faces of 48 x 48: their histograms fit a core's cache."""


def entropy(images: np.ndarray, method: Literal["global", "local"]) -> np.ndarray:
    """Entropy of each face in bits per pixel.

    Args:
        images: uint8 (N, H, W) gray or (N, H, W, 3) RGB, which is judged in gray.
        method: `global_entropy` or `local_entropy`.

    Returns:
        float32 (N,).
    """
    return (global_entropy if method == "global" else local_entropy)(images)


def global_entropy(images: np.ndarray) -> np.ndarray:
    """Shannon entropy in bits of each face's histogram of 256 gray values, float32 (N,); 0 for a constant image."""
    batches = [_histogram_entropy(batch) for batch in gray_batches(images)]
    return np.concatenate([np.zeros(0, np.float32), *batches])


def _histogram_entropy(batch: np.ndarray) -> np.ndarray:
    count, pixels = len(batch), batch[0].size
    shifted = batch.reshape(count, pixels) + (np.arange(count, dtype=np.int32) * 256)[:, None]
    shares = np.bincount(shifted.ravel(), minlength=count * 256).reshape(count, 256) / pixels
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    bits: np.ndarray = np.abs((shares * logs).sum(axis=1)).astype(np.float32)
    return bits


def local_entropy(images: np.ndarray, threads: int | None = None) -> np.ndarray:
    """Mean over the pixels of the entropy in bits of the disk around each pixel, float32 (N,).

    The rule of blog_cnn's post: an entropy image, summed to a single number; the mean keeps the order. Larger pictures
    are judged at 48 x 48, the post's size: the disk is of a few pixels, and would see only skin in them. NumPy lets
    other threads run, so `threads` (default: one for each core) share the work without changing a bit of it.
    """
    height = images.shape[1]
    size = max(1, TASK_ROWS // min(height, SIDE))

    def mean_entropy(start: int) -> np.ndarray:
        batch = images[start : start + size]
        return window_entropy(resized(batch) if height > SIDE else gray(batch))

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool, meter("entropy", len(images)) as progress:
        means = [np.zeros(0)]
        for mean in pool.map(mean_entropy, range(0, len(images), size)):
            means.append(mean)
            progress.advance(len(mean))
    return np.concatenate(means).astype(np.float32)


def constant(images: np.ndarray) -> np.ndarray:
    """Which faces have one gray value only, bool (N,)."""
    flags = [batch.min(axis=(1, 2)) == batch.max(axis=(1, 2)) for batch in gray_batches(images)]
    return np.concatenate([np.zeros(0, bool), *flags])
