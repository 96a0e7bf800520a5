"""A batch in the making, for readers of pictures."""

from collections import Counter

import numpy as np

from mien.datasets.batch import Batch, Refusal, Row
from mien.datasets.table import POINTS
from mien.images import resize
from mien.params.preparation import Preparation


class Making:
    """Takes the rows of a shard one by one, good and bad."""

    def __init__(self, settings: Preparation, rows: int) -> None:
        self._size = settings.image_size
        self._images = np.empty((rows, *settings.face_shape), np.uint8)
        self._landmarks: np.ndarray | None = None
        self._rows: list[Row] = []
        self._refusals: list[Refusal] = []
        self._bytes: Counter[str] = Counter()
        self._colour = 0

    def add(
        self, row: Row, face: np.ndarray, size: int, colour: bool = False, landmarks: np.ndarray | None = None
    ) -> None:
        """An accepted face.

        Args:
            row: what is known of it.
            face: uint8 (h, w) or (h, w, 3), cut out and not yet resized (`mien.images.cut`).
            size: bytes of its file.
            colour: whether the picture came in colour and the face is gray.
            landmarks: float (68, 2) in pixels of the source picture; None where there are none.
        """
        at = len(self._rows)
        self._images[at] = resize(face, self._size)
        if landmarks is not None:
            if self._landmarks is None:
                self._landmarks = np.full((len(self._images), POINTS, 2), np.nan, np.float32)
            self._landmarks[at] = landmarks
        self._rows.append(row)
        self._bytes[row.usage] += size
        self._colour += colour

    def refuse(self, refusal: Refusal) -> None:
        """A refused row."""
        self._refusals.append(refusal)

    def batch(self) -> Batch:
        """All that was taken."""
        count = len(self._rows)
        landmarks = None if self._landmarks is None else self._landmarks[:count]
        return Batch(
            self._images[:count],
            self._rows,
            self._refusals,
            colour=self._colour,
            landmarks=landmarks,
            file_bytes=self._bytes,
        )
