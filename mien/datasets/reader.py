"""The shape of every reader: a source cut into shards, each of which can be read alone, in any order, anywhere.

How to write one (`mien.datasets.folder` is the shortest example):

- A frozen dataclass that can be pickled. `root` is the data folder and stands in no output; all other fields are plain
  settings. The `repr` of the reader is part of the name of every finished shard, so that a changed setting makes the
  shards anew; fields that change no shard (`root`, `total`) are `field(repr=False)`.
- `shards()` lists names and raw lines, in the final order, in bounded memory; it opens no picture and asks for no
  file's size. A shard has at most `shard_rows(settings)` rows, and at most `SHARD_WORK` bytes of lines.
- `pictures(shard)` names the files that `read(shard)` opens: their sizes and times are part of the name of the finished
  shard, so that a changed picture makes it anew. Files that `shards()` has read are in its lines already.
- `read(shard)` does all the decoding. It is called in several threads, other processes or on other machines, and
  depends on nothing but the reader, the shard and the files. It returns `shard.rows` rows, good and refused together.
  Pictures are opened through `mien.datasets.opening.Root`, which never leaves the root.
- `sample_id` rises from row to row over all shards. For rows of a table: `f"{part}/{row:08d}"`, where the parts rise
  too; for pictures with names of their own: the name (`mien.datasets.listing.names` lists in that order).
- `sources` are files to be recorded with size and MD5; `remarks()` is what a person should know of the source.

`mien.datasets.sources.open_reader` makes the reader of what `mien.datasets.detect` has found.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mien.datasets.batch import Batch
from mien.params.preparation import Preparation

SHARD_ROWS = 512
"""Most rows of a shard: half a second of decoding, so that a kill costs little and all workers end together."""

SHARD_BYTES = 8 << 20
"""Most bytes of prepared faces of a shard; each worker holds one shard."""

SHARD_WORK = 2 << 20
"""About the bytes of raw lines of a shard; some shards for each worker are held ahead."""


@dataclass(frozen=True)
class Shard:
    """A piece of a source.

    `name` is for messages (`training.csv:2-1025`, `happy/1.jpg ... happy/9.jpg`). `rows` are counted before anything is
    judged. `work` is what `read` needs to know: plain values in tuples (str, bytes, int, float, bool, None), as its
    bytes are part of the name of the finished shard; where they are many, `key` can stand for them, if it and the files
    that `pictures` names tell all. `usage` is that of all its rows where it is known without a look at them, else "".
    """

    name: str
    rows: int
    work: tuple[Any, ...]
    key: tuple[Any, ...] | None = None
    usage: str = ""


class Reader(Protocol):
    """See the module's text."""

    @property
    def root(self) -> Path:
        """The data folder."""

    @property
    def total(self) -> int | None:
        """Rows to come, where that is cheap to know; for the time that is left."""

    @property
    def sources(self) -> Sequence[str]:
        """Names below the root of files that are recorded with size and MD5: tables, not pictures."""

    def remarks(self) -> list[str]:
        """Warnings about the source that need no row to be read."""

    def shards(self) -> Iterator[Shard]:
        """All shards in final order.

        Raises:
            DataError: a source that cannot be read at all.
        """

    def pictures(self, shard: Shard) -> Sequence[str]:
        """Names below the root of the files that `read(shard)` opens, or that a shard's `key` needs.

        None of them leads out of the root by `..`.
        """

    def read(self, shard: Shard) -> Batch:
        """The rows of a shard; what is wrong with a row is a refusal and no error."""


def shard_rows(settings: Preparation) -> int:
    """Most rows of a shard whose faces are prepared so."""
    return max(1, min(SHARD_ROWS, SHARD_BYTES // math.prod(settings.face_shape)))


def between(first: str, last: str) -> str:
    """Name of a shard of pictures."""
    return first if first == last else f"{first} ... {last}"
