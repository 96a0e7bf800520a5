"""Twins: identical and nearly identical images, found among all pairs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.fft import dct
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mien.cleaning.batches import gray, gray_batches
from mien.progress import meter

SKETCH_SIDE = 12
"""Frequencies of each direction in a sketch; 8 to 16 are equally quick on FER2013, 12 leaves few pairs to check."""

MARGIN = 1e-4
"""Far above what rounding in float32 can take from a bound."""

BLOCK_VALUES = 2**25
"""Bounds computed at a time: 134 MB."""

CHECK_PIXELS = 2**22
"""Gray values of the pairs that are checked at a time."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of nearly equal images: positions `first` < `second`, int64 (P,), and `correlation`, float64 (P,)."""

    first: np.ndarray
    second: np.ndarray
    correlation: np.ndarray

    def __len__(self) -> int:
        return len(self.first)


def near_pairs(images: np.ndarray, threshold: float, rows: np.ndarray | None = None) -> Pairs:
    """All pairs of images whose gray values correlate by at least `threshold` (Pearson), in order of their positions.

    Correlation does not see brightness and contrast. No pair is missed: the sketches give an upper bound of every
    correlation by one matrix product, and the pairs that the bound lets through are checked with whole numbers, so
    that the result is the same on every machine. Images of one gray value correlate with nothing.

    Args:
        images: uint8 (N, H, W) gray or (N, H, W, 3) RGB. Identical images are better left out: k of them are
            k * (k - 1) / 2 pairs.
        threshold: above 0.
        rows: ascending positions of the images to look at; None: all. A memory map is never copied as a whole.
    """
    rows = np.arange(len(images)) if rows is None else rows
    sketches = _sketches(images, rows)
    found = [Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    with meter("near twins", len(rows)) as progress:
        for count, first, second in _candidates(sketches, threshold - MARGIN):
            found += _checked(images, rows[first], rows[second], threshold)
            progress.advance(count)
    return Pairs(*(np.concatenate(parts) for parts in zip(*map(_columns, found), strict=True)))


def twin_groups(keys: np.ndarray, pairs: Pairs) -> np.ndarray:
    """Number the groups of twins.

    Args:
        keys: (N,), equal for identical images.
        pairs: near twins by position.

    Returns:
        int32 (N,): for each image the smallest position in its group, its own where it has no twin. A group holds
        everything that identity and nearness connect, directly or through others.
    """
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    count = len(keys)
    rows = np.concatenate([np.arange(count), pairs.first])
    columns = np.concatenate([first[inverse], pairs.second])
    links = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(count, count))
    _, component = connected_components(links, directed=False)
    smallest = np.full(count, count, np.int32)
    np.minimum.at(smallest, component, np.arange(count, dtype=np.int32))
    groups: np.ndarray = smallest[component]
    return groups


def _sketches(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`_sketch` of `images[rows]`, (M, SKETCH_SIDE^2) float32."""
    out = np.empty((len(rows), SKETCH_SIDE**2), np.float32)
    at = 0
    for batch in gray_batches(images, rows=rows):
        out[at : at + len(batch)] = _sketch(batch)
        at += len(batch)
    return out


def _sketch(batch: np.ndarray) -> np.ndarray:
    """(B, H, W) uint8 to (B, SKETCH_SIDE^2) float32 whose scalar products bound the correlations from above.

    A standardised image x (mean 0, length 1) is its part L in the low frequencies of the cosine transform, which is
    orthonormal, and a rest. Then corr(x, y) = Lx.Ly + rest(x).rest(y) <= Lx.Ly + |rest(x)| |rest(y)|. The constant
    frequency is always 0, so its place takes the length of the rest.
    """
    pixels = batch.astype(np.float32)
    pixels -= pixels.mean(axis=(1, 2), keepdims=True)
    length = np.sqrt(np.square(pixels).sum(axis=(1, 2)))
    pixels /= np.where(length > 0, length, 1)[:, None, None]
    low = np.zeros((len(batch), SKETCH_SIDE, SKETCH_SIDE), np.float32)
    down, across = (_frequencies(side) for side in batch.shape[1:])
    low[:, : len(down), : len(across)] = down @ pixels @ across.T
    sketch = low.reshape(len(batch), -1)
    sketch[:, 0] = 0
    sketch[:, 0] = np.sqrt(np.clip((length > 0) - np.square(sketch).sum(axis=1), 0, None))
    return sketch


def _frequencies(side: int) -> np.ndarray:
    """The lowest frequencies of the orthonormal cosine transform, (at most SKETCH_SIDE, side) float32."""
    basis: np.ndarray = dct(np.eye(side), axis=0, norm="ortho")
    return basis[:SKETCH_SIDE].astype(np.float32)


def _candidates(sketches: np.ndarray, bound: float) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """For each block of rows its size and the pairs first < second whose scalar product reaches `bound`."""
    size = max(1, BLOCK_VALUES // max(1, len(sketches)))
    for start in range(0, len(sketches), size):
        products = sketches[start : start + size] @ sketches[start:].T
        row, column = np.divmod(np.flatnonzero(products >= bound), products.shape[1])
        upper = column > row
        yield len(products), row[upper] + start, column[upper] + start


def _checked(images: np.ndarray, first: np.ndarray, second: np.ndarray, threshold: float) -> Iterator[Pairs]:
    """Of the pairs those that reach the threshold."""
    size = max(1, CHECK_PIXELS // int(np.prod(images.shape[1:3])))
    for start in range(0, len(first), size):
        one, other = first[start : start + size], second[start : start + size]
        correlation = _correlation(gray(images[one]), gray(images[other]))
        near = correlation >= threshold
        yield Pairs(one[near], other[near], correlation[near])


def _correlation(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Pearson's correlation row by row of two uint8 (B, H, W), float64 (B,), 0 where an image is constant.

    Sums of products of bytes are whole numbers below 2^53, so float64 adds them without any rounding.
    """
    x, y = (batch.reshape(len(batch), -1).astype(np.float64) for batch in (one, other))
    count = x.shape[1]
    covariance = count * np.einsum("bp,bp->b", x, y) - x.sum(axis=1) * y.sum(axis=1)
    spread_x = count * np.einsum("bp,bp->b", x, x) - np.square(x.sum(axis=1))
    spread_y = count * np.einsum("bp,bp->b", y, y) - np.square(y.sum(axis=1))
    length = np.sqrt(spread_x * spread_y)
    correlation: np.ndarray = np.divide(covariance, length, out=np.zeros_like(length), where=length > 0)
    return correlation


def _columns(pairs: Pairs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return pairs.first, pairs.second, pairs.correlation
