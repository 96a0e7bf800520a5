"""Faces to learn from, read from their files by position: what is held in memory does not grow with the pixels.

NumPy and pandas only.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from mien.datasets.table import FACES, IMAGES
from mien.errors import DataError
from mien.labels import DIMENSIONS
from mien.params import Preparation
from mien.training.stored import StoredImages

CHUNK_BYTES = 4 << 20
"""Pixels in memory at a time where all of them are gone through."""


@dataclass(frozen=True)
class FaceSet:
    """Labelled faces out of one or more arrays.

    `parts` are pairs of images, uint8 (N, H, W) or (N, H, W, 3), and the positions in them that belong to the set;
    `labels` int16 (M,) are the class indices over all parts, one after the other; `affect` float32 (M, 2) are valence
    and arousal, NaN where not known, None where they are not learnt.
    """

    parts: tuple[tuple[np.ndarray | StoredImages, np.ndarray], ...]
    labels: np.ndarray
    affect: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one face: (H, W, C)."""
        height, width, *channels = self.parts[0][0].shape[1:]
        return (height, width, channels[0] if channels else 1)

    def affect_of(self, index: np.ndarray) -> np.ndarray | None:
        """Valence and arousal of some faces, float32 (B, 2); None where they are not learnt."""
        return None if self.affect is None else self.affect[index]

    def known(self, index: np.ndarray) -> float:
        """Share of valence and arousal that is known, summed over some faces."""
        return 0.0 if self.affect is None else float((~np.isnan(self.affect[index])).mean(axis=1).sum())

    def images(self, index: np.ndarray) -> np.ndarray:
        """Pixels of some faces.

        Args:
            index: int (B,) ascending positions in this set, so that files are read in their order.

        Returns:
            uint8 (B, H, W, C).
        """
        gathered, start = [], 0
        for images, rows in self.parts:
            first, last = np.searchsorted(index, (start, start + len(rows)))
            if last > first:
                gathered.append(images[rows[index[first:last] - start]])
            start += len(rows)
        faces = gathered[0] if len(gathered) == 1 else np.concatenate(gathered)
        return faces.reshape(len(index), *self.shape)


@dataclass(frozen=True)
class TrainingData:
    """All that training looks at; the test faces are not among it.

    `merged` are labels that are learnt as another class, with that class.
    """

    training: FaceSet
    validation: FaceSet
    classes: tuple[str, ...]
    preparation: Preparation = Preparation()
    merged: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """Mean and spread of all gray values, 0..255, and the SHA-256 of pixels and labels."""

    mean: float
    std: float
    digest: str


def load_data(ingest: Path, split: Path, augment: Path, *, affect: bool = False) -> TrainingData:
    """Open what the stages before have written; changed copies stand behind the training faces.

    Args:
        ingest: folder of that stage, as the next two.
        split: as above.
        augment: as above.
        affect: whether valence and arousal are learnt.

    Raises:
        DataError: no training or no validation faces, a class without a training face, or no valence or arousal of any
            where they are learnt.
    """
    classes = tuple(json.loads((split / "classes.json").read_text(encoding="utf-8")))
    images, copies = (StoredImages(folder / IMAGES) for folder in (ingest, augment))
    table = pd.read_parquet(split / FACES, columns=["face", "split", "class_index", *(DIMENSIONS if affect else ())])
    copied = pd.read_parquet(augment / FACES, columns=["class_index", *(["face"] if affect else [])])
    training, validation = (table[table["split"] == name] for name in ("train", "validation"))
    parts = [(images, _positions(training)), (copies, np.arange(len(copies)))]
    labels = np.concatenate([training["class_index"], copied["class_index"]]).astype(np.int16)
    learnt = validated = None
    if affect:
        learnt, validated = _affect(training, copied["face"]), _affect(validation)
    data = TrainingData(
        FaceSet(tuple(part for part in parts if len(part[1])), labels, learnt),
        FaceSet(((images, _positions(validation)),), validation["class_index"].to_numpy(np.int16), validated),
        classes,
        preparation=Preparation.read(ingest),
        merged=_merged(split / FACES),
    )
    check(data)
    return data


def _merged(faces: Path) -> dict[str, str]:
    """Labels that the class policy has made another class, with that class."""
    pairs = pd.read_parquet(faces, columns=["label", "class"]).drop_duplicates().sort_values("label")
    return {label: name for label, name in pairs.itertuples(index=False, name=None) if label != name}


def _positions(rows: pd.DataFrame) -> np.ndarray:
    return rows["face"].to_numpy(np.int64)


def _affect(rows: pd.DataFrame, copied: pd.Series | None = None) -> np.ndarray:
    """Float32 (M, 2), valence and arousal of the rows, and behind them those of copies of the faces `copied`."""
    own = rows[list(DIMENSIONS)]
    copies = [] if copied is None else [own.set_axis(rows["face"]).loc[copied]]
    return np.concatenate([own, *copies]).astype(np.float32)


def check(data: TrainingData) -> None:
    """Refuse what cannot be learnt from.

    Raises:
        DataError: as `load_data`.
    """
    for name, faces in (("training", data.training), ("validation", data.validation)):
        if not len(faces):
            raise DataError(f"there are no {name} faces: look at build/split/summary.json and at split in params.yaml.")
    _check_affect(data.training)
    counts = class_counts(data.training, len(data.classes))
    missing = [name for name, count in zip(data.classes, counts, strict=True) if count == 0]
    if missing:
        raise DataError(
            f"no training face of {', '.join(missing)}: leave the class out (split.classes in params.yaml), or see "
            "build/clean/dropped.parquet for where its faces went."
        )


def _check_affect(faces: FaceSet) -> None:
    if faces.affect is None:
        return
    unknown = np.isnan(faces.affect).all(axis=0)
    if names := [name for name, missing in zip(DIMENSIONS, unknown, strict=True) if missing]:
        raise DataError(
            f"train.affect is set, but no training face has a known {' or '.join(names)}: the data set has none (in "
            "AffectNet -2 means so). Set train.affect to null to learn the classes alone."
        )


def class_counts(faces: FaceSet, classes: int) -> np.ndarray:
    """Int64 (classes,): faces of each class."""
    return np.bincount(faces.labels, minlength=classes)


def measure(faces: FaceSet) -> Measured:
    """Go once through the pixels. The sums are whole numbers and therefore exact.

    Raises:
        DataError: every pixel has the same value.
    """
    histogram = np.zeros(256, np.int64)
    digest = hashlib.sha256(faces.labels.astype("<i2").tobytes())
    if faces.affect is not None:
        digest.update(faces.affect.astype("<f4").tobytes())
    chunk = max(1, CHUNK_BYTES // math.prod(faces.shape))
    for start in range(0, len(faces), chunk):
        pixels = faces.images(np.arange(start, min(start + chunk, len(faces))))
        digest.update(np.ascontiguousarray(pixels).data)
        histogram += np.bincount(pixels.ravel(), minlength=256)
    values, count = np.arange(256), int(histogram.sum())
    total, squares = int(histogram @ values), int(histogram @ values**2)
    variance = (count * squares - total * total) / (count * count)
    if variance <= 0.0:
        raise DataError(f"all pixels of {len(faces):,} training faces have the value {total / count:g}.")
    return Measured(total / count, math.sqrt(variance), digest.hexdigest())


def epoch_batches(count: int, batch_size: int, seed: int, epoch: int, devices: int = 1) -> list[np.ndarray]:
    """Who is learnt from when: a function of these alone, so that a resumed run sees the same.

    The batches differ by at most `devices` faces in size, instead of a rest in the last one: a rest of two or three
    faces would spoil the statistics of batch normalisation. All but one are multiples of `devices`.

    Returns:
        Int64 arrays of at most `batch_size` positions, ascending in each.
    """
    order = np.random.default_rng([seed, epoch]).permutation(count)
    batches = math.ceil(count / (batch_size - batch_size % devices))
    groups = np.array_split(np.arange(math.ceil(count / devices)), batches)  # of one face for each device
    return [np.sort(order[group[0] * devices : (group[-1] + 1) * devices]) for group in groups]


def targets(classes: int, smoothing: float = 0.0) -> np.ndarray:
    """Float32 (classes, classes): row c is what the network shall say to class c."""
    return (np.eye(classes) * (1.0 - smoothing) + smoothing / classes).astype(np.float32)


def balanced_weights(faces: FaceSet, classes: int) -> np.ndarray:
    """Float32 (classes,): M / (classes * faces of the class), so that all classes weigh the same (scikit-learn's)."""
    return (len(faces) / (classes * class_counts(faces, classes))).astype(np.float32)
