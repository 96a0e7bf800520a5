"""Stage `augment`: changed copies of the training faces.

Reads build/ingest/images.npy and build/split/faces.parquet, writes build/augment/{images.npy, faces.parquet,
preview.png, summary.json}. images.npy holds the copies only; faces.parquet has one row for each in the same order:
`face` (int32, position of its original in build/ingest/images.npy), `class`, `class_index`.
"""

import sys
import time

import numpy as np
import pandas as pd

from mien.augmentation.copies import copies_per_face
from mien.augmentation.offline import write_changed
from mien.augmentation.preview import preview
from mien.datasets.table import FACES, IMAGES
from mien.errors import DataError
from mien.gallery import write_png
from mien.params import AugmentParams
from mien.progress import meter
from tasks.stage import Outcome, run_stage, stage_folder

PREVIEW = "preview.png"
COLUMNS = ["face", "class", "class_index"]


def augment(params: AugmentParams) -> Outcome:
    """Make the copies that the section asks for; none is a legal number."""
    images = np.load(stage_folder("ingest") / IMAGES, mmap_mode="r")
    originals = _training_faces()
    counts = copies_per_face(originals["class_index"].to_numpy(), params.copies, params.balance, params.seed)
    copies = originals.loc[originals.index.repeat(counts)].reset_index(drop=True)

    folder = stage_folder("augment")
    folder.mkdir(parents=True, exist_ok=True)
    _write_images(images, copies, params)
    copies.to_parquet(folder / FACES, index=False)
    classes = _classes(originals)
    write_png(folder / PREVIEW, preview(images, originals, classes, params.ranges, params.seed))
    return Outcome(_metrics(originals, copies, classes), [PREVIEW], [_note(originals, copies)])


def _training_faces() -> pd.DataFrame:
    """The rows that may be learnt from; a copy of any other face would carry it into training."""
    path = stage_folder("split") / FACES
    table = pd.read_parquet(path)
    training = table.loc[table["split"] == "train", COLUMNS].reset_index(drop=True)
    if training.empty:
        raise DataError(
            f"{path.as_posix()}: none of its {len(table):,} rows is for training, so there is nothing to copy. "
            "Look at the sections clean and split of params.yaml."
        )
    return training


def _write_images(images: np.ndarray, copies: pd.DataFrame, params: AugmentParams) -> None:
    """Write images.npy and say how fast; the rate is no result, so it stays out of the outputs."""
    rows = copies["face"].to_numpy()
    started = time.monotonic()
    with meter("augment", len(rows)) as progress:
        write_changed(
            stage_folder("augment") / IMAGES, images, rows, params.ranges, params.seed, advance=progress.advance
        )
    rate = len(rows) / max(time.monotonic() - started, 1e-9)
    print(f"augment: {rate:,.0f} copies a second", file=sys.stderr)


def _classes(originals: pd.DataFrame) -> list[str]:
    """Names in the order of their index."""
    return list(originals.drop_duplicates("class_index").sort_values("class_index")["class"])


def _metrics(originals: pd.DataFrame, copies: pd.DataFrame, classes: list[str]) -> dict[str, int]:
    names = pd.concat([originals["class"], copies["class"]])
    return {
        "originals": len(originals),
        "copies": len(copies),
        **{f"images.{name}": int((names == name).sum()) for name in classes},
    }


def _note(originals: pd.DataFrame, copies: pd.DataFrame) -> str:
    return f"{len(copies):,} changed copies of {len(originals):,} training faces"


if __name__ == "__main__":
    run_stage(augment)
