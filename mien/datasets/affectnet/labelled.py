"""One face of AffectNet, as whichever of its files describe it, and how it gets into a batch."""

import hashlib
import math
from dataclasses import dataclass

import numpy as np

from mien import images
from mien.datasets.batch import Row
from mien.datasets.listing import printable
from mien.datasets.making import Making
from mien.datasets.opening import Root
from mien.images import Box
from mien.labels import AFFECTNET
from mien.params.preparation import Preparation

UNLABELED = -1
"""Code of a face that nobody has labelled."""

USAGES = {"training": "Training", "automatic": "Training", "validation": "PublicTest", "test": "PrivateTest"}
"""By part. AffectNet's test set was never given out: its validation set is what everybody judges on, and PublicTest is
what `split.test: auto` judges on where there is no PrivateTest."""


@dataclass(frozen=True)
class Labelled:
    """What the annotations say; `picture` is the name of the file below the root."""

    sample_id: str
    picture: str
    usage: str
    code: int
    valence: float = math.nan
    arousal: float = math.nan
    box: Box | None = None
    landmarks: np.ndarray | None = None


def take(made: Making, root: Root, settings: Preparation, face: Labelled) -> None:
    """Open, decode and cut the picture of a face.

    Raises:
        ImageError: with the reason for which the row is refused.
    """
    add(made, settings, face, *open_picture(root, settings, face.picture))


def open_picture(root: Root, settings: Preparation, name: str) -> tuple[np.ndarray, int]:
    """Pixels and bytes of a picture; gray at once where gray is wanted, which is quicker.

    Raises:
        ImageError: it cannot be opened or decoded.
    """
    data = root.read(name)
    return images.decode(data, gray=settings.color == "gray"), len(data)


def add(made: Making, settings: Preparation, face: Labelled, picture: np.ndarray, size: int) -> None:
    """Cut a face from its picture, whose file has `size` bytes.

    Raises:
        ImageError: too little of its box is inside the picture.
    """
    pixels = images.cut(picture, settings, face.box, face.landmarks)
    made.add(_row(face, picture, pixels), pixels, size, landmarks=face.landmarks)


def _row(face: Labelled, picture: np.ndarray, pixels: np.ndarray) -> Row:
    height, width = picture.shape[:2]
    return Row(
        face.sample_id,
        printable(face.picture),
        0,
        face.usage,
        AFFECTNET.name,
        face.code,
        AFFECTNET.label(face.code) if face.code != UNLABELED else "",
        hashlib.sha256(pixels.data).hexdigest(),
        width,
        height,
        face.valence,
        face.arousal,
        *(face.box or (-1, -1, -1, -1)),
    )
