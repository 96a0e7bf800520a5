"""Faces in a file, read by position.

A memory map would do the same, but what is read through it counts as the process's own memory until it ends, and the
system maps large pieces around each face: one batch of a thousand faces can bring in a gigabyte.
"""

import math
import os
import weakref
from pathlib import Path

import numpy as np

from mien.errors import DataError


class StoredImages:
    """An uint8 array in a .npy file that is read where it is asked for.

    `shape` is that of the array, (N, H, W) or (N, H, W, 3).
    """

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            DataError: it is missing, or holds something else.
        """
        self._path = path
        try:
            with path.open("rb") as stream:
                version = np.lib.format.read_magic(stream)
                self.shape, ordered, dtype = READ[version](stream)
                self._start = stream.tell()
        except (OSError, ValueError, KeyError) as error:
            raise DataError(f"{path}: cannot be read as an array of faces ({error}); run the stage again") from error
        if dtype != np.uint8 or ordered:
            raise DataError(f"{path}: must be an array of uint8 in C order. Received: {dtype}")
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._handle)

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """Copies of some faces.

        Args:
            rows: int (B,) positions.

        Returns:
            uint8 (B, ...).

        Raises:
            DataError: the file has become shorter.
        """
        faces = np.empty((len(rows), *self.shape[1:]), np.uint8)
        size = math.prod(self.shape[1:])
        for face, row in zip(faces, rows.tolist(), strict=True):
            if os.preadv(self._handle, [face], self._start + row * size) != size:
                raise DataError(f"{self._path}: ends before face {row:,} of {len(self):,}; run the stage again")
        return faces


READ = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
"""By the version of the format."""
