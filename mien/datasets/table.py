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
| `width`, `height` | int32 | of the source picture, upright |
| `valence`, `arousal` | float32 | -1 to 1, NaN where the source says nothing |
| `box_x`, `box_y`, `box_width`, `box_height` | int32 | the face in pixels of the source picture, -1 where not known |
| `votes_<name>` | uint8 | FER+ votes (`mien.labels.FERPLUS_VOTES`), only when they were joined |

`landmarks.npy` is float32 (N, 68, 2) in the same order: x and y, in pixels of the source picture, of the 68 points of
300-W, NaN where a face has none; (0, 68, 2) where no face has any. Boxes and landmarks are taken to be those of the
upright picture, turned as its EXIF orientation says: what viewers and OpenCV show.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mien.errors import DataError

IMAGES = "images.npy"
FACES = "faces.parquet"
REFUSED = "refused.parquet"

LANDMARKS = "landmarks.npy"
POINTS = 68
"""Of a face in landmarks.npy."""

TYPES = {
    "face": "int32",
    "sample_id": "string",
    "source": "string",
    "line": "int32",
    "usage": "string",
    "label_space": "string",
    "code": "int16",
    "label": "string",
    "sha256": "string",
    "width": "int32",
    "height": "int32",
    "valence": "float32",
    "arousal": "float32",
    "box_x": "int32",
    "box_y": "int32",
    "box_width": "int32",
    "box_height": "int32",
}
"""Of faces.parquet, column by column, in Arrow's words."""

COLUMNS = tuple(TYPES)
REFUSED_TYPES = {"source": "string", "line": "int32", "reason": "string", "detail": "string", "received": "string"}
"""Of refused.parquet: file, 1-based line (0: the whole file), reason, what was wrong, the start of what was read."""

REFUSED_COLUMNS = tuple(REFUSED_TYPES)


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
