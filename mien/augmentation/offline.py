"""Changed copies of faces with OpenCV, in threads; the same seed gives the same bytes with any number of threads."""

import math
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from mien.augmentation.affine import DRAWS, brightness_factors, inverse_maps
from mien.opencv import one_thread
from mien.params import Ranges

CHUNK = 512
"""Most faces that a thread takes at a time."""

BLOCK_BYTES = 32 * 2**20
"""Changed faces that are held before they are written to a file."""

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
    first: int = 0,
) -> None:
    """Write a changed version of `images[rows[i]]` to `out[i]` for every i.

    Args:
        out: uint8, (M, H, W[, C]), written to.
        images: uint8, (N, H, W[, C]); may be a memory map.
        rows: int, (M,), positions in `images`; a face may come more than once.
        ranges: how much may change.
        seed: of the random numbers; `out[i]` depends on `seed`, `first` + i and `images[rows[i]]`.
        threads: at most so many; None: one per core.
        first: position of `out[0]` where `out` is a part of something longer.
    """
    source = np.asarray(images)  # slicing a memory map costs more than warping a face
    workers = threads or os.cpu_count() or 1
    step = max(1, min(CHUNK, math.ceil(len(rows) / workers)))

    def change(start: int) -> None:
        picked = rows[start : start + step]
        _change(out[start : start + step], source, picked, ranges, draws(seed, first + start, len(picked)))

    with one_thread(), ThreadPoolExecutor(workers) as pool:
        deque(pool.map(change, range(0, len(rows), step)), maxlen=0)  # raises what a thread raised


def write_changed(
    path: Path,
    images: np.ndarray,
    rows: np.ndarray,
    ranges: Ranges,
    seed: int,
    advance: Callable[[int], None] = lambda _count: None,
) -> None:
    """Write changed versions of `images[rows]` to a new .npy file, uint8 (M, H, W[, C]), in constant memory.

    Not through a memory map: there a full disk kills the process without a word.

    Args:
        path: of the file; the same arguments give the same bytes.
        images: see `augment_into`, as for `rows`, `ranges` and `seed`.
        rows: positions in `images`.
        ranges: how much may change.
        seed: of the random numbers.
        advance: told after every block how many faces it had.

    Raises:
        OSError: the file cannot be written.
    """
    shape = images.shape[1:]
    size = max(1, BLOCK_BYTES // math.prod(shape))
    block = np.empty((min(size, len(rows)), *shape), np.uint8)
    with path.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (len(rows), *shape)}
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(rows), size):
            picked = rows[start : start + size]
            out = block[: len(picked)]
            augment_into(out, images, picked, ranges, seed, first=start)
            file.write(out.data)
            advance(len(picked))


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
