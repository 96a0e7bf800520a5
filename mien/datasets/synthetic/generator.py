"""The whole data set: plan the rows, draw the faces, copy the twins."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd

from mien.datasets.synthetic.camera import SIZE, to_levels
from mien.datasets.synthetic.face import draw_face
from mien.datasets.synthetic.faults import COPIES, Fault, plan_rows
from mien.datasets.synthetic.nonfaces import draw_icon, draw_text, watermark
from mien.labels import EMOTIONS

ROWS = 3000
SEED = 2013


@dataclass(frozen=True)
class Synthetic:
    """A drawn data set, in the order of its file.

    Attributes:
        images: uint8 (N, 48, 48).
        labels: int64 (N,), FER2013's codes as written in the file, wrong ones included.
        usages: str (N,), `mien.labels.USAGES`.
        table: what is true of each row: `usage`, `label`, `emotion`, `fault`, `twin` (see `faults.plan_rows`).
    """

    images: np.ndarray
    labels: np.ndarray
    usages: np.ndarray
    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.images)


def generate(rows: int = ROWS, seed: int = SEED) -> Synthetic:
    """Draw a data set; the same arguments give the same bytes.

    Args:
        rows: number of rows in all, at least `faults.FEWEST_ROWS`.
        seed: of all choices; another one gives other people.
    """
    table = plan_rows(rows, np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 0)))))
    images = np.zeros((rows, SIZE, SIZE), np.uint8)
    originals = np.flatnonzero(table["twin"] < 0)
    emotions, faults, twins = (table[name].to_numpy() for name in ("emotion", "fault", "twin"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        drawn = pool.map(lambda row: _draw(str(emotions[row]), str(faults[row]), (seed, 1, int(row))), originals)
        for row, image in zip(originals, drawn, strict=True):
            images[row] = image
    for row in np.flatnonzero(np.isin(faults, [str(fault) for fault in COPIES])):
        images[row] = _copy(images[twins[row]], str(faults[row]), (seed, 2, int(row)))
    labels = np.array([EMOTIONS.index(label) for label in table["label"]])
    return Synthetic(images, labels, table["usage"].to_numpy(dtype=str), table)


def _draw(emotion: str, fault: str, seed: tuple[int, ...]) -> np.ndarray:
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((*seed, 1))))
    if fault == Fault.BLANK:
        return np.zeros((SIZE, SIZE), np.uint8)
    if fault == Fault.ICON:
        return draw_icon(rng)
    if fault == Fault.TEXT:
        return draw_text(rng)
    face = draw_face(emotion, seed)
    return to_levels(watermark(face, rng) / 255) if fault == Fault.WATERMARK else face


def _copy(image: np.ndarray, fault: str, seed: tuple[int, ...]) -> np.ndarray:
    """The picture of a twin: the same, or for near twins a little brighter or darker and recompressed as JPEG."""
    if fault not in (Fault.NEAR_WITHIN, Fault.NEAR_ACROSS):
        return image
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    shift = float(rng.uniform(3, 9)) * (1 if rng.random() < 0.5 else -1)
    shifted = np.clip(image + shift, 0, 255).astype(np.uint8)
    _, packed = cv2.imencode(".jpg", shifted, [cv2.IMWRITE_JPEG_QUALITY, 88])
    unpacked = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE))
    return to_levels(unpacked / 255)
