"""Finished shards: files in a scratch folder from which a killed ingest goes on.

A file is named by a digest of all that it was made from: the shard's names and lines, the sizes and times of its
pictures, the reader's settings, and the code. Whatever of it changes, the shard is made anew.
"""

import hashlib
import marshal
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa

from mien.datasets.batch import Batch
from mien.datasets.piece import Piece
from mien.datasets.reader import Reader, Shard
from mien.errors import DataError, MienError

SUFFIX = ".arrow"
PACKAGE = Path(__file__).parents[1]
CODE = ("*.py", "datasets/**/*.py", "images/*.py", "params/preparation.py")
"""Our own code that faces may depend on."""


@dataclass(frozen=True)
class Finished:
    """A shard whose file lies in the scratch folder; `fresh` if it was made just now and not by an earlier run."""

    path: Path
    rows: int
    fresh: bool


@cache
def code_digest() -> str:
    """SHA-256 over the code that faces depend on, and the versions of the libraries that decode and write them."""
    digest = hashlib.sha256(f"{cv2.__version__} {np.__version__} {pa.__version__}".encode())
    for path in sorted(path for pattern in CODE for path in PACKAGE.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def finish(reader: Reader, shard: Shard, scratch: Path) -> Finished:
    """Make one shard, unless that has been done: all of the work of ingest that is done in parallel.

    Args:
        reader: the source.
        shard: one of `reader.shards()`.
        scratch: folder of finished shards; exists.

    Raises:
        DataError: the shard could not be made, for a reason that no row of it can be; names the shard.
    """
    path = scratch / f"{digest_of(reader, shard)}{SUFFIX}"
    if is_whole(path):
        return Finished(path, shard.rows, fresh=False)
    try:
        Piece.of(_read(reader, shard)).save(path)
    except (MienError, OSError) as error:
        raise DataError(f"shard {shard.name}: {error}") from error
    except Exception as error:
        error.add_note(f"in shard {shard.name}")
        raise
    return Finished(path, shard.rows, fresh=True)


def _read(reader: Reader, shard: Shard) -> Batch:
    batch = reader.read(shard)
    found = len(batch.rows) + len(batch.refusals)
    if found != shard.rows:
        raise DataError(f"{shard.rows:,} rows became {found:,}; this is a fault of the reader")
    return batch


def is_whole(path: Path) -> bool:
    """Whether a finished shard is there and can be read."""
    try:
        Piece.load(path)
    except (OSError, pa.ArrowException):
        return False
    return True


def digest_of(reader: Reader, shard: Shard) -> str:
    """SHA-256 of all that the shard is made from; of pictures, size and time."""
    digest = hashlib.sha256(f"{code_digest()}\0{reader!r}\0{shard.name!r}\0{shard.rows}\0".encode())
    known = shard.work if shard.key is None else shard.key
    digest.update(marshal.dumps(known, 0))  # in version 0 equal values have equal bytes
    root = str(reader.root)
    for name in reader.pictures(shard):
        digest.update(_state(f"{root}/{name}").encode())
    return digest.hexdigest()


def _state(path: str) -> str:
    """Size and times of a file; when its place last changed tells what an archive's rounded times do not."""
    try:
        facts = os.stat(path)  # noqa: PTH116  a Path costs as much again
    except (OSError, ValueError):  # not there, or no name for a file
        return "none "
    return f"{facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns} "
