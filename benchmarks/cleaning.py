"""How long the measures of stage `clean` take, beside the plain way to the same figures.

    python benchmarks/cleaning.py [build/ingest]

Without a folder it draws 35,887 smooth pictures of 48 x 48, 1,853 of them repeated and 1,000 nearly so. The plain
ways are timed on a sample and scaled up ("about"), because some of them would take days. About half a minute.
"""

import sys
import time
from pathlib import Path

import cv2
import numpy as np
from skimage.filters.rank import entropy as rank_entropy
from skimage.measure import shannon_entropy
from skimage.morphology import disk

from mien.cleaning.duplicates import near_pairs, twin_groups
from mien.cleaning.entropy import global_entropy, local_entropy
from mien.cleaning.windows import RADIUS
from mien.datasets.table import IMAGES, Faces
from mien.params import CleanParams

COUNT, REPEATED, NEAR = 35_887, 1_853, 1_000


def drawn():
    """Pictures without a data set, uint8 (COUNT, 48, 48), and a key for each that identical ones share."""
    generator = np.random.default_rng(0)
    rough = generator.integers(0, 256, (COUNT, 9, 9), dtype=np.uint8)
    images = np.stack([cv2.resize(picture, (48, 48), interpolation=cv2.INTER_CUBIC) for picture in rough])
    noise = generator.integers(0, 8, (NEAR, 48, 48), dtype=np.uint8)
    images[REPEATED : REPEATED + NEAR] = images[-NEAR:] // 2 + noise
    images[:REPEATED] = images[REPEATED + NEAR : 2 * REPEATED + NEAR]
    return images, np.array([picture.tobytes() for picture in images], object)


def timed(work, repeats=3):
    """Median seconds of `repeats` calls, by the clock and of processor time, and the last result."""
    seconds = []
    for _ in range(repeats):
        clock, processor = time.perf_counter(), time.process_time()
        result = work()
        seconds.append((time.perf_counter() - clock, time.process_time() - processor))
    return np.median(seconds, axis=0), result


def report(what, seconds, plain, how):
    """One line of the table; `plain` is processor time, which on one core is the clock's on a machine at rest."""
    clock, processor = seconds
    print(f"{what:<16}{clock:>9.2f} s {processor:>9.2f} s   {how}: about {plain:,.0f} s", flush=True)


def entropies(images):
    """Both entropies, beside a loop over the pictures on one core."""
    some = np.array(images[:: max(1, len(images) // 400)])
    scale = len(images) / len(some)
    loop, _ = timed(lambda: [shannon_entropy(picture, base=2) for picture in some])
    report("global entropy", timed(lambda: global_entropy(images))[0], loop[1] * scale, "skimage, one by one")
    loop, _ = timed(lambda: [rank_entropy(picture, disk(RADIUS)).sum() for picture in some])
    report("local entropy", timed(lambda: local_entropy(images), 1)[0], loop[1] * scale, "skimage, one by one")


def twins(images, keys, threshold):
    """Exact and near twins, beside a loop over all pairs."""
    some = np.array(images[:300])
    scale = (len(images) * (len(images) - 1)) / (len(some) * (len(some) - 1))
    none = near_pairs(images[:0], threshold)
    loop, _ = timed(lambda: [np.array_equal(one, other) for at, one in enumerate(some) for other in some[:at]])
    seconds, groups = timed(lambda: twin_groups(keys, none))
    report("exact twins", seconds, loop[1] * scale, "all pairs, one by one")
    flat = some.reshape(len(some), -1).astype(float)
    loop, _ = timed(lambda: [np.corrcoef(one, other) for at, one in enumerate(flat[:60]) for other in flat[:at]])
    distinct = np.unique(groups)
    seconds, pairs = timed(lambda: near_pairs(images[distinct], threshold))
    report("near twins", seconds, loop[1] * scale * 300 * 299 / (60 * 59), "np.corrcoef, all pairs")
    print(f"{len(distinct):,} distinct images, {len(pairs):,} pairs of near twins at {threshold:g}")


def main():
    """Print the table."""
    if len(sys.argv) > 1:
        faces = Faces.load(Path(sys.argv[1]))
        images, keys = faces.images, faces.table["sha256"].to_numpy()
    else:
        images, keys = drawn()
    print(
        f"{len(images):,} x {images.shape[1:]} from {sys.argv[1] + '/' + IMAGES if len(sys.argv) > 1 else 'a drawing'}"
    )
    print(f"{'':<16}{'clock':>11} {'processor':>11}   the plain way")
    entropies(images)
    twins(images, keys, CleanParams().near_threshold)


if __name__ == "__main__":
    main()
