"""The table of faces and the array of images that every reader writes and every stage reads.

`images.npy` is uint8, (N, H, W) gray or (N, H, W, 3) RGB. `faces.parquet` has one row per face in the same order:

| column | type | |
|---|---|---|
| `face` | int32 | position in images.npy; later tables are subsets of rows and keep it |
| `sample_id` | str | stable name, unique in the data set; rows are sorted by it |
| `source` | str | file below data/, with forward slashes |
| `line` | int32 | 1-based line in that file, 0 where a file is one face |
| `usage` | str | Training, PublicTest or PrivateTest (`mien.labels.USAGES`) |
| `label_space` | str | key of `mien.labels.LABEL_SPACES` |
| `code` | int16 | the source's code, -1 when there is no label |
| `label` | str | name of the emotion, "" when there is no label |
| `sha256` | str | of the pixels as read, before any resizing |
| `width`, `height` | int32 | of the source picture |
| `votes_<name>` | uint8 | FER+ votes (`mien.labels.FERPLUS_VOTES`), only when they were joined |
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mien.errors import DataError

IMAGES = "images.npy"
FACES = "faces.parquet"
REFUSED = "refused.parquet"

COLUMNS = (
    "face",
    "sample_id",
    "source",
    "line",
    "usage",
    "label_space",
    "code",
    "label",
    "sha256",
    "width",
    "height",
)
REFUSED_COLUMNS = ("source", "line", "reason", "detail", "received")
"""Of refused.parquet: file, 1-based line (0: the whole file), reason, what was wrong, the start of what was read."""


@dataclass(frozen=True)
class Faces:
    """Faces and their pixels; `images[table.face]` belongs to `table` row by row."""

    table: pd.DataFrame
    images: np.ndarray

    @classmethod
    def load(cls, folder: Path) -> "Faces":
        """Read `folder`/faces.parquet and open `folder`/images.npy as a read-only memory map.

        Raises:
            DataError: one of them is missing.
        """
        for path in (folder / FACES, folder / IMAGES):
            if not path.exists():
                raise DataError(
                    f"{path} is missing: the stage before has not run. `uv run dvc repro` runs all in order."
                )
        return cls(pd.read_parquet(folder / FACES), np.load(folder / IMAGES, mmap_mode="r"))

    def __len__(self) -> int:
        return len(self.table)
