"""Making shards on this machine."""

from collections.abc import Iterator
from pathlib import Path

from mien import images
from mien.datasets.ordered import ordered
from mien.datasets.reader import Reader
from mien.datasets.shards import Finished, finish


def make_shards(reader: Reader, scratch: Path, workers: int | None = None) -> Iterator[Finished]:
    """Make all shards of a reader in threads; they come in their order.

    Args:
        reader: the source.
        scratch: folder of finished shards, made where it is missing.
        workers: threads; default one per core. The result does not depend on it.

    Raises:
        DataError: as `mien.datasets.shards.finish`.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with images.quiet():
        yield from ordered(lambda shard: finish(reader, shard, scratch), reader.shards(), workers)
