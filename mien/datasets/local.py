"""Making shards on this machine, in threads.

Nearly all of the time goes into decoding, resizing and hashing, during which OpenCV and hashlib leave Python's lock
alone. Of 4,000 JPEGs of 425 x 425 pixels on two cores, two threads took 1.01 ms of a core each, two processes 1.40 ms,
as each has to import everything first. Without that the two took the same on busy cores, within the spread of the
measurements; every process needs 150 MB of its own, and the raw lines would be sent to it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from mien import images
from mien.datasets.ordered import ordered
from mien.datasets.reader import Reader
from mien.datasets.shards import Finished, finish
from mien.opencv import one_thread

MORE, MOST = 4, 32
"""Some threads wait for the disk, or for Python's lock, while others decode; each holds a shard in memory."""


def make_shards(reader: Reader, scratch: Path, workers: int | None = None) -> Iterator[Finished]:
    """Make all shards of a reader in threads; they come in their order.

    Args:
        reader: the source.
        scratch: folder of finished shards, made where it is missing.
        workers: threads; default `MORE` than there are cores, at most `MOST`. The result does not depend on it.

    Raises:
        DataError: as `mien.datasets.shards.finish`.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    count = workers or min((os.cpu_count() or 1) + MORE, MOST)
    with images.quiet(), one_thread():
        yield from ordered(lambda shard: finish(reader, shard, scratch), reader.shards(), count)
