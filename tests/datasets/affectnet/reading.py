"""Read what lies in a folder as `ingest` does, and watch which files are opened."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien import images
from mien.datasets.batch import Refusal, Row
from mien.datasets.detect import Detection, detect
from mien.datasets.listing import is_picture
from mien.datasets.reader import Reader
from mien.datasets.sources import open_reader
from mien.params import IngestParams
from mien.reasons import Reason

FACES = 22
"""Drawn for each format."""


@dataclass
class Read:
    """What came of a folder."""

    found: Detection
    reader: Reader
    images: np.ndarray
    landmarks: np.ndarray | None
    rows: list[Row]
    refusals: list[Refusal]
    fault: str

    @property
    def reasons(self) -> dict[str, Reason]:
        return {refusal.where: refusal.reason for refusal in self.refusals}

    def row(self, name: str) -> Row:
        (row,) = [row for row in self.rows if name in (row.sample_id, row.source)]
        return row


def read(root: Path, rows: int, **params) -> Read:
    """Read `root` and make sure that each of its `rows` is either accepted or refused, and all are in order."""
    settings = IngestParams(**params)
    found = detect(root, settings.source)
    reader = open_reader(found, settings)
    with images.quiet():
        batches = [(shard.rows, reader.read(shard)) for shard in reader.shards()]
    accepted = [row for _, batch in batches for row in batch.rows]
    refused = [refusal for _, batch in batches for refusal in batch.refusals]
    assert sum(count for count, _ in batches) == rows
    assert len(accepted) + len(refused) == rows
    names = [row.sample_id for row in accepted]
    assert names == sorted(set(names))
    pixels = np.concatenate([batch.images for _, batch in batches])
    fault = "".join(batch.fault for _, batch in batches)
    points = [batch.landmarks for _, batch in batches if batch.landmarks is not None]
    return Read(found, reader, pixels, np.concatenate(points) if points else None, accepted, refused, fault)


def copy(root: Path, folder: Path) -> Path:
    """A copy to spoil, with one folder around it in which nothing may be opened."""
    return shutil.copytree(root, folder / "data")


def pictures(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if is_picture(path.name))


_recording: list[list[Path]] = []


def _hook(event: str, arguments: tuple) -> None:
    if _recording and event == "open" and isinstance(arguments[0], str):
        path = Path(arguments[0])
        real = path.parent.resolve() / path.name if arguments[2] & os.O_NOFOLLOW else path.resolve()
        _recording[-1].append(real)


sys.addaudithook(_hook)


@contextmanager
def recorded(opened: list[Path]) -> Iterator[None]:
    """Collect where the files really are that are opened for reading or writing."""
    _recording.append(opened)
    try:
        yield
    finally:
        _recording.pop()


@contextmanager
def watched(outside: Path) -> Iterator[None]:
    """Make sure that nothing at or below `outside` is opened."""
    opened: list[Path] = []
    with recorded(opened):
        yield
    assert not [path for path in opened if path.is_relative_to(outside.resolve())]
