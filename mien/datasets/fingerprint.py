"""What a set of faces is like in numbers, and where a copy of FER2013 differs from the genuine one.

Copies on the web are often altered without a word (equalised, smoothed, resized), which moves every figure that a
model reaches on them. Nothing is refused for it: the figures are written and the differences named.
"""

import hashlib
import math
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mien.datasets import listing
from mien.labels import USAGES

CHUNK = 64
"""Images whose figures are taken at once."""

MAX_RATIO = 1.2
"""Between a test set's spread, or bytes per picture, and Training's; the genuine FER2013 has less than 1.03."""

MAX_SIZES = 100
"""Sizes of source pictures that are told apart; pictures from the web have a hundred thousand."""

LICENCE_LINES = 12
DIGITS = 4
"""Decimals of every figure that is not a count, so that the same data give the same bytes on any machine."""


def file_facts(path: Path, name: str) -> dict[str, Any]:
    """Name, size and MD5 of a source file; recorded, never a reason to refuse one."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return {"name": name, "bytes": path.stat().st_size, "md5": digest}


def licence(root: Path) -> str | None:
    """First lines of `root`/LICENSE*, None where there is no such file."""
    found = sorted(path for path in root.iterdir() if path.name.lower().startswith(("license", "licence")))
    for path in found:
        if not listing.entry(root, path.name).problem:
            with path.open("rb") as stream:
                lines = stream.read(4096).decode("utf-8", "replace").splitlines()
            return "\n".join(lines[:LICENCE_LINES]).strip() or None
    return None


def figures(images: np.ndarray) -> np.ndarray:
    """What the fingerprint needs of each image, in whole numbers, so that it does not depend on the machine.

    Args:
        images: uint8 (n, H, W) gray or (n, H, W, 3) RGB.

    Returns:
        int64 (n, 3): sum of the values, sum of their squares, and 1 where the image is of one gray value or colour.
    """
    channels = 1 if images.ndim == 3 else images.shape[3]
    flat = images.reshape(len(images), math.prod(images.shape[1:]))
    found = np.empty((len(flat), 3), np.int64)
    for start in range(0, len(flat), CHUNK):
        part = flat[start : start + CHUNK]
        squares = np.square(part, dtype=np.uint16).sum(axis=1, dtype=np.int64)
        constant = (part[:, channels:] == part[:, :-channels]).all(axis=1)
        found[start : start + CHUNK] = np.stack([part.sum(axis=1, dtype=np.int64), squares, constant], axis=1)
    return found


def image_figures(sums: np.ndarray, pixels: int) -> pd.DataFrame:
    """Mean, spread (standard deviation of the pixels) and `constant` of each image, float64 and bool.

    Args:
        sums: as `figures` gives them.
        pixels: values in one image.
    """
    mean = sums[:, 0] / pixels
    variance = (pixels * sums[:, 1] - sums[:, 0] ** 2) / pixels**2
    return pd.DataFrame({"mean": mean, "spread": np.sqrt(variance), "constant": sums[:, 2] == 1})


def coded(faces: Path | BinaryIO) -> pd.DataFrame:
    """What a fingerprint is taken from, in a few bytes for each face and not in texts.

    Args:
        faces: faces.parquet.

    Returns:
        Categories `usage` and `label`, int32 `width` and `height`, and int64 `image`, the same for identical pixels.
    """
    texts = ["usage", "label"]
    table: pd.DataFrame = pq.read_table(faces, columns=[*texts, "width", "height"], read_dictionary=texts).to_pandas()
    with pq.ParquetFile(faces) as file:
        parts = [_digests(batch["sha256"]) for batch in file.iter_batches(columns=["sha256"])]
    return table.assign(image=_numbered(np.concatenate([np.empty((0, 2), np.uint64), *parts])))


def _digests(texts: pa.Array) -> np.ndarray:
    """The first 16 bytes of SHA-256, as uint64 (n, 2); that two images share them by chance need not be feared."""
    return np.frombuffer(bytes.fromhex("".join(texts.to_pylist())), np.uint64).reshape(-1, 4)[:, :2]


def _numbered(digests: np.ndarray) -> np.ndarray:
    """A number for each row, the same for equal rows; int64 from 0 on."""
    order = np.lexsort(digests.T)
    rising = digests[order]
    changes = np.ones(len(digests), bool)
    changes[1:] = (rising[1:] != rising[:-1]).any(axis=1)
    numbers = np.empty(len(digests), np.int64)
    numbers[order] = np.cumsum(changes) - 1
    return numbers


def fingerprint(table: pd.DataFrame, figures: pd.DataFrame, image_size: int) -> dict[str, Any]:
    """Figures of the faces alone: counts, unique, redundant, constant and shared images, mean and spread.

    Args:
        table: of `coded`.
        figures: of their images, as `image_figures` gives them.
        image_size: height and width of the faces.

    Returns:
        Plain values for JSON: `unique`, `redundant`, `constant`, `conflicting` (groups of identical images
        with different labels, and their faces), `counts` by Usage and label, `usages` by Usage, `cross` by pair of
        Usages (distinct images that are in both, and how many faces of the second they are), `cross_usage` (distinct
        images in more than one Usage), `sizes` of the source pictures, the most frequent ones, `image_size`.
    """
    rows = figures.assign(image=table["image"], usage=table["usage"], label=table["label"])
    by_usage = {usage: rows[rows["usage"] == usage] for usage in USAGES}
    present = {usage: part for usage, part in by_usage.items() if len(part)}
    unique = int(rows["image"].nunique())
    return {
        "unique": unique,
        "redundant": len(rows) - unique,
        "constant": int(rows["constant"].sum()),
        "conflicting": _conflicting(rows),
        "counts": {usage: _counts(part["label"]) for usage, part in present.items()},
        "usages": {usage: _usage(part) for usage, part in present.items()},
        "cross": {
            f"{one}-{two}": _shared(present[one]["image"], present[two]["image"])
            for one, two in combinations(present, 2)
        },
        "cross_usage": int((_kinds(rows, "usage") > 1).sum()),
        "sizes": _sizes(table),
        "image_size": image_size,
    }


def _counts(labels: pd.Series) -> dict[str, int]:
    return {str(label): int(count) for label, count in labels.value_counts().items() if count}


def _usage(rows: pd.DataFrame) -> dict[str, float | int]:
    return {
        "rows": len(rows),
        "redundant": len(rows) - int(rows["image"].nunique()),
        "constant": int(rows["constant"].sum()),
        "mean": round(float(rows["mean"].mean()), DIGITS),
        "spread": round(float(rows["spread"].mean()), DIGITS),
    }


def _shared(first: pd.Series, second: pd.Series) -> dict[str, int]:
    common = second[second.isin(first)]
    return {"images": int(common.nunique()), "faces": len(common)}


def _kinds(rows: pd.DataFrame, column: str) -> np.ndarray:
    """How many different values of `column` the faces of each image have; int64, by image."""
    pairs = rows["image"].to_numpy() * (len(rows) + 1) + pd.factorize(rows[column])[0]
    return np.bincount(np.unique(pairs) // (len(rows) + 1), minlength=0)


def _conflicting(rows: pd.DataFrame) -> dict[str, int]:
    conflicting = _kinds(rows, "label") > 1
    return {"groups": int(conflicting.sum()), "faces": int(conflicting[rows["image"].to_numpy()].sum())}


def _sizes(table: pd.DataFrame) -> dict[str, int]:
    """How many source pictures have each size; beyond `MAX_SIZES` the rarer ones are together."""
    both = table["width"].to_numpy(np.int64) << 32 | table["height"].to_numpy(np.int64)
    sizes, counts = np.unique(both, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    told = {_size(int(sizes[at])): int(counts[at]) for at in order[:MAX_SIZES]}
    rest = int(counts[order[MAX_SIZES:]].sum())
    return told | ({"other": rest} if rest else {})


def _size(both: int) -> str:
    return f"{both >> 32}x{both & 0xFFFFFFFF}"


def bytes_per_face(file_bytes: Mapping[str, int], usages: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Mean bytes of a picture file by Usage, from the bytes of all and the fingerprint's `usages`."""
    return {usage: round(file_bytes[usage] / figures["rows"], 1) for usage, figures in usages.items()}


def difference_warnings(usages: Mapping[str, float], what: str) -> list[str]:
    """A warning for each test set whose figure is more than 20 % away from Training's; `usages` has them by Usage."""
    training = usages.get("Training", 0.0)
    warnings = []
    for usage in USAGES[1:]:
        low, high = sorted((training, usages.get(usage, 0.0)))
        if low > 0 and high > MAX_RATIO * low:
            warnings.append(
                f"{what} differs by more than {MAX_RATIO - 1:.0%}: Training {training:,.1f}, {usage} "
                f"{usages[usage]:,.1f}. One of them was altered (smoothed, equalised), so test figures mislead"
            )
    return warnings


def size_warnings(sizes: Mapping[str, int], colour: int) -> list[str]:
    """Warnings about pictures that are no 48x48 gray ones, for sources that should be FER2013's."""
    other = sum(count for size, count in sizes.items() if size != "48x48")
    warnings = [f"{other:,} pictures are not 48x48 and were resized"] if other else []
    warnings += [f"{colour:,} pictures are in colour and were made gray"] if colour else []
    return [f"{warning}; cleaning figures are not comparable with FER2013's" for warning in warnings]
