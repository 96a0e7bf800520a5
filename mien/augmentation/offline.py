"""Changed copies of faces with OpenCV, in threads; the same seed gives the same bytes with any number of threads."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from mien.augmentation.affine import DRAWS, brightness_factors, inverse_maps
from mien.params import Ranges

CHUNK = 512
"""Faces that a thread takes at a time: about 1 MB of pixels at 48x48."""

BORDER = cv2.BORDER_REFLECT
"""What stands outside a face: its mirror image, edge pixel included. Keras' "reflect" is the same on every backend,
OpenCV's default BORDER_REFLECT_101 is not in Keras; a constant or smeared edge would tell the network the change."""

FLAGS = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP


def augment(images: np.ndarray, ranges: Ranges, seed: int, threads: int | None = None) -> np.ndarray:
    """Change every face once.

    Args:
        images: uint8, (N, H, W) gray or (N, H, W, C).
        ranges: how much may change.
        seed: of the random numbers; face i depends on `seed`, i and nothing else.
        threads: at most so many; None: one per core.

    Returns:
        Changed faces, uint8, the shape of `images`.
    """
    out = np.empty(images.shape, np.uint8)
    augment_into(out, images, np.arange(len(images)), ranges, seed, threads)
    return out


def augment_into(
    out: np.ndarray,
    images: np.ndarray,
    rows: np.ndarray,
    ranges: Ranges,
    seed: int,
    threads: int | None = None,
    advance: Callable[[int], None] = lambda _count: None,
) -> None:
    """Write a changed version of `images[rows[i]]` to `out[i]` for every i.

    Both arrays may be memory maps: only `CHUNK` faces for each thread are worked on at a time.

    Args:
        out: uint8, (M, H, W[, C]), written to.
        images: uint8, (N, H, W[, C]).
        rows: int, (M,), positions in `images`; a face may come more than once.
        ranges: how much may change.
        seed: of the random numbers; `out[i]` depends on `seed`, i and `images[rows[i]]`.
        threads: at most so many; None: one per core.
        advance: told after every chunk how many faces it had.
    """
    source, target = np.asarray(images), np.asarray(out)  # slicing a memory map costs more than warping a face

    def change(start: int) -> int:
        picked = rows[start : start + CHUNK]
        _change(target[start : start + CHUNK], source, picked, ranges, draws(seed, start, len(picked)))
        return len(picked)

    with _opencv_in_one_thread(), ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        for count in pool.map(change, range(0, len(rows), CHUNK)):
            advance(count)


def write_changed(
    path: Path,
    images: np.ndarray,
    rows: np.ndarray,
    ranges: Ranges,
    seed: int,
    advance: Callable[[int], None] = lambda _count: None,
) -> None:
    """Write changed versions of `images[rows]` to a new .npy file, uint8 (M, H, W[, C]), in constant memory.

    Raises:
        OSError: the file cannot be written.
    """
    shape = (len(rows), *images.shape[1:])
    if len(rows) == 0:
        np.save(path, np.empty(shape, np.uint8))  # there is no empty memory map
        return
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    augment_into(out, images, rows, ranges, seed, advance=advance)
    out.flush()


def draws(seed: int, start: int, count: int) -> np.ndarray:
    """(`count`, DRAWS) float64 in [0, 1): the uniform numbers of faces `start` to `start + count`.

    Every face has its own place in the one sequence of PCG64, which can jump there: that makes the result independent
    of chunks and threads without holding the numbers of all faces.
    """
    sequence = np.random.PCG64(seed)
    sequence.advance(start * DRAWS)
    return np.random.Generator(sequence).random((count, DRAWS))


def _change(out: np.ndarray, images: np.ndarray, rows: np.ndarray, ranges: Ranges, numbers: np.ndarray) -> None:
    """Fill `out` (n, H, W[, C]) with changed versions of `images[rows]`."""
    height, width = out.shape[1:3]
    # sin and cos differ in the last bit between processors; six digits keep the bytes the same on all of them.
    maps = inverse_maps(numbers, ranges, height, width, np).round(6).reshape(-1, 2, 3)
    for changed, row, matrix in zip(out, rows, maps, strict=True):
        cv2.warpAffine(images[row], matrix, (width, height), dst=changed, flags=FLAGS, borderMode=BORDER)
    if ranges.brightness > 0.0:
        for changed, factor in zip(out, brightness_factors(numbers, ranges), strict=True):
            cv2.convertScaleAbs(changed, dst=changed, alpha=factor)  # rounded, cut off at 255


@contextmanager
def _opencv_in_one_thread() -> Iterator[None]:
    """OpenCV's own threads would only get in the way of ours on pictures this small."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
