"""Draw the README's picture of the faces: `python -m mien.datasets.synthetic.sheet docs/faces.png`."""

import sys
from pathlib import Path

import cv2
import numpy as np

from mien.datasets.synthetic.face import draw_face
from mien.labels import EMOTIONS

COLUMNS = 12
SIDE = 84
STRENGTH = 0.9
SEED = 9


def sheet() -> np.ndarray:
    """One row of faces per emotion, in the order of EMOTIONS: uint8 (7 * SIDE, COLUMNS * SIDE)."""
    rows = []
    for row, emotion in enumerate(EMOTIONS):
        faces = [draw_face(emotion, (SEED, row * COLUMNS + column), STRENGTH) for column in range(COLUMNS)]
        rows.append(np.hstack([cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for face in faces]))
    return np.vstack(rows)


if __name__ == "__main__":
    cv2.imwrite(str(Path(sys.argv[1])), sheet())
