"""The tables that expectations look at, all made from the faces: one row per face, class, Usage and group of twins."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from mien.datasets.table import Faces
from mien.labels import FERPLUS_VOTES, LABEL_SPACES, NAMES, USAGES

BLOCK_BYTES = 2048 * 48 * 48
"""Pixels in one block of work; faces of 48 x 48 come in blocks of 2,048."""

VOTES = tuple(f"votes_{name}" for name in FERPLUS_VOTES)


def raw_tables(faces: Faces) -> dict[str, pd.DataFrame]:
    """What can be looked at before anything is known to be sound.

    Returns:
        `table`: faces.parquet as it is; `images`: one row with the array's dtype and sizes.
    """
    images = faces.images
    height, width, channels = [*images.shape[1:], 1, 1, 1][:3]
    facts = {
        "images": len(images),
        "rows": len(faces.table),
        "dtype": str(images.dtype),
        "dimensions": images.ndim,
        "height": height,
        "width": width,
        "channels": channels,
    }
    return {"table": faces.table, "images": pd.DataFrame([facts])}


def derived_tables(faces: Faces, required: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """The tables `faces`, `classes`, `usages` and `twins` of a sound `faces.table`.

    Args:
        faces: at least one row, all columns of `mien.datasets.table`.
        required: labels that have a row in `classes` even without a face.
    """
    frame = faces_table(faces)
    return {
        "faces": frame,
        "classes": classes_table(frame, required),
        "usages": usages_table(frame),
        "twins": twins_table(frame),
    }


def faces_table(faces: Faces) -> pd.DataFrame:
    """One row per face: its columns, `position`, `repeated`, figures of its pixels, and with votes `votes`, `agrees`.

    `face_width` and `face_height` are those of its box, or of the picture where there is no box. `repeated` says that
    an earlier face has the same pixels, `agrees` that the label is FER+'s top vote (of equal votes the first), `votes`
    is their sum.
    """
    table = faces.table.reset_index(drop=True)
    frame = table.drop(columns=[name for name in VOTES if name in table])
    frame = frame.assign(position=np.arange(len(frame)), repeated=frame["sha256"].duplicated())
    frame = frame.join(pixel_figures(faces.images))
    for side in ("width", "height"):
        frame[f"face_{side}"] = frame[f"box_{side}"].where(frame[f"box_{side}"] >= 0, frame[side])
    if set(VOTES) <= set(table):
        votes = table[list(VOTES)].to_numpy()
        top = np.array([NAMES.get(name, name) for name in FERPLUS_VOTES], dtype=object)[votes.argmax(axis=1)]
        frame = frame.assign(votes=votes.sum(axis=1, dtype=np.int64), agrees=top == frame["label"].to_numpy(object))
    return frame


def pixel_figures(images: np.ndarray, workers: int | None = None) -> pd.DataFrame:
    """Figures of each image, block by block in threads.

    Args:
        images: uint8 (N, H, W) or (N, H, W, C), also a memory map.
        workers: threads; default one per core. The figures do not depend on it.

    Returns:
        `mean`, `std` float64 in gray values, `min`, `max` int64; `range` int64: the largest difference between two
        pixels in any channel, 0 for an image of one colour; `detail` float64: the mean difference between neighbours
        in a row, which smoothing takes away while `std` hardly changes.
    """
    size = max(1, BLOCK_BYTES // math.prod(images.shape[1:]))
    blocks = [images[start : start + size] for start in range(0, len(images), size)]
    with ThreadPoolExecutor(workers) as pool:
        parts = list(pool.map(_figures, blocks))
    return pd.concat(parts, ignore_index=True)


def _figures(images: np.ndarray) -> pd.DataFrame:
    pixels = images.reshape(len(images), images.shape[1] * images.shape[2], -1)
    channels = np.moveaxis(pixels, 2, 1)
    low, high = channels.min(axis=2).astype(np.int64), channels.max(axis=2).astype(np.int64)
    flat = pixels.reshape(len(images), -1)
    total = flat.sum(axis=1, dtype=np.int64)
    squares = np.square(flat, dtype=np.uint16).sum(axis=1, dtype=np.int64)
    count = flat.shape[1]
    left, right = images[:, :, :-1], images[:, :, 1:]
    steps = (np.maximum(left, right) - np.minimum(left, right)).reshape(len(images), -1)
    return pd.DataFrame(
        {
            "mean": total / count,
            "std": np.sqrt((count * squares - total**2) / count**2),
            "min": low.min(axis=1),
            "max": high.max(axis=1),
            "range": (high - low).max(axis=1),
            "detail": steps.sum(axis=1, dtype=np.int64) / steps.shape[1],
        }
    )


def classes_table(frame: pd.DataFrame, required: tuple[str, ...]) -> pd.DataFrame:
    """One row per label that occurs or is required: `label`, `faces`, `share` of the labelled faces."""
    counts = frame.loc[frame["label"] != "", "label"].value_counts()
    labels = sorted({*counts.index, *required})
    faces = counts.reindex(labels, fill_value=0).to_numpy(np.int64)
    return pd.DataFrame({"label": labels, "faces": faces, "share": faces / max(1, faces.sum())})


def usages_table(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per Usage, with what its faces are like.

    Returns:
        `usage`, `faces`, `share`; `test_share`: `share`, null for Training; `spread` and `detail`: means of the
        images' `std` and `detail`; `spread_ratio` and `detail_ratio`: those over the smallest one of the Usages;
        `leaked_share`: share of a test set's faces whose pixels are in Training. Where there is no face, the means
        and ratios are null.
    """
    test = np.array([usage != USAGES[0] for usage in USAGES])
    groups = frame.groupby("usage")
    faces = groups.size().reindex(USAGES, fill_value=0).to_numpy(np.int64)
    spread, detail = (groups[name].mean().reindex(USAGES).to_numpy() for name in ("std", "detail"))
    training = frame.loc[frame["usage"] == USAGES[0], "sha256"]
    leaked = frame["sha256"].isin(training).groupby(frame["usage"]).mean().reindex(USAGES, fill_value=0.0)
    return pd.DataFrame(
        {
            "usage": list(USAGES),
            "faces": faces,
            "share": faces / len(frame),
            "test_share": np.where(test, faces / len(frame), np.nan),
            "spread": spread,
            "spread_ratio": _over_smallest(spread),
            "detail": detail,
            "detail_ratio": _over_smallest(detail),
            "leaked_share": np.where(test, leaked.to_numpy(float), 0.0),
        }
    )


def _over_smallest(values: np.ndarray) -> np.ndarray:
    ratios: np.ndarray = values / max(float(np.nanmin(values)), 1e-9)
    return ratios


def twins_table(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per group of pixel-identical faces: `sample_id` of its first face, `faces`, `labels` (how many differ).

    Images of one gray value are left out: they are placeholders, and their labels say nothing about the labelling.
    """
    groups = frame[(frame["range"] > 0) & (frame["label"] != "")].groupby("sha256", sort=False)
    twins = groups.agg(sample_id=("sample_id", "first"), faces=("face", "size"), labels=("label", "nunique"))
    return twins[twins["faces"] > 1].reset_index(drop=True)


def known_pairs(spaces: pd.Series) -> list[tuple[int, str]]:
    """Every (code, label) of the label spaces named in `spaces`, and the pair of an unlabelled face."""
    named = [LABEL_SPACES[name] for name in sorted(set(spaces)) if name in LABEL_SPACES]
    return sorted({(-1, ""), *((code, label) for space in named for code, label in space.codes.items())})
