"""What a set of faces is like in numbers, and where a copy of FER2013 differs from the genuine one.

Copies on the web are often altered without a word (equalised, smoothed, resized), which moves every figure that a
model reaches on them. Nothing is refused for it: the figures are written and the differences named.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mien.datasets.ordered import ordered
from mien.datasets.table import Faces
from mien.labels import USAGES

CHUNK = 64
"""Images whose figures are taken at once."""

MAX_RATIO = 1.2
"""Between a test set's spread, or bytes per picture, and Training's; the genuine FER2013 has less than 1.03."""

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
        if path.is_file():
            with path.open("rb") as stream:
                lines = stream.read(4096).decode("utf-8", "replace").splitlines()
            return "\n".join(lines[:LICENCE_LINES]).strip() or None
    return None


def image_figures(images: np.ndarray) -> pd.DataFrame:
    """Mean, spread (standard deviation of the pixels) and `constant` of each image, float64 and bool.

    Sums are of integers, so the figures do not depend on the machine; the images are read in chunks, in threads.
    """
    starts = range(0, len(images), CHUNK)
    parts = list(ordered(lambda start: _figures(images[start : start + CHUNK]), starts))
    sums = np.concatenate(parts) if parts else np.empty((0, 3), np.int64)
    count = int(np.prod(images.shape[1:]))
    mean = sums[:, 0] / count
    variance = (count * sums[:, 1] - sums[:, 0] ** 2) / count**2
    return pd.DataFrame({"mean": mean, "spread": np.sqrt(variance), "constant": sums[:, 2] == 1})


def _figures(images: np.ndarray) -> np.ndarray:
    """(n, 3) int64: sum, sum of squares, whether all pixels are equal."""
    flat = images.reshape(len(images), -1)
    squares = np.square(flat, dtype=np.uint16).sum(axis=1, dtype=np.int64)
    constant = flat.max(axis=1) == flat.min(axis=1)
    return np.stack([flat.sum(axis=1, dtype=np.int64), squares, constant.astype(np.int64)], axis=1)


def fingerprint(faces: Faces) -> dict[str, Any]:
    """Figures of the faces alone: counts, unique, redundant, constant and shared images, mean and spread.

    Returns:
        Plain values for JSON: `unique`, `redundant`, `constant`, `conflicting` (groups of identical images
        with different labels, and their faces), `counts` by Usage and label, `usages` by Usage, `cross` by pair of
        Usages (distinct images that are in both, and how many faces of the second they are), `cross_usage` (distinct
        images in more than one Usage), `sizes` of the source pictures, `image_size` of the faces.
    """
    table = faces.table.join(image_figures(faces.images))
    usages = [usage for usage in USAGES if (table["usage"] == usage).any()]
    unique = int(table["sha256"].nunique())
    sizes = Counter(f"{width}x{height}" for width, height in zip(table["width"], table["height"], strict=True))
    return {
        "unique": unique,
        "redundant": len(table) - unique,
        "constant": int(table["constant"].sum()),
        "conflicting": _conflicting(table),
        "counts": {usage: _counts(table[table["usage"] == usage]) for usage in usages},
        "usages": {usage: _usage(table[table["usage"] == usage]) for usage in usages},
        "cross": {f"{one}-{two}": _shared(table, one, two) for one, two in combinations(usages, 2)},
        "cross_usage": int((table.groupby("sha256")["usage"].agg("nunique") > 1).sum()),
        "sizes": dict(sizes),
        "image_size": faces.images.shape[1],
    }


def _counts(table: pd.DataFrame) -> dict[str, int]:
    return {str(label): int(count) for label, count in table["label"].value_counts().items()}


def _usage(table: pd.DataFrame) -> dict[str, float | int]:
    return {
        "rows": len(table),
        "redundant": len(table) - int(table["sha256"].nunique()),
        "constant": int(table["constant"].sum()),
        "mean": round(float(table["mean"].mean()), DIGITS),
        "spread": round(float(table["spread"].mean()), DIGITS),
    }


def _shared(table: pd.DataFrame, one: str, two: str) -> dict[str, int]:
    first = set(table.loc[table["usage"] == one, "sha256"])
    second = table.loc[table["usage"] == two, "sha256"]
    common = second[second.isin(first)]
    return {"images": int(common.nunique()), "faces": len(common)}


def _conflicting(table: pd.DataFrame) -> dict[str, int]:
    labels = table.groupby("sha256")["label"].agg(["nunique", "size"])
    groups = labels[labels["nunique"] > 1]
    return {"groups": len(groups), "faces": int(groups["size"].sum())}


def bytes_per_face(table: pd.DataFrame, sizes: Mapping[str, int]) -> dict[str, float]:
    """Mean bytes of a picture file by Usage; `sizes` has the bytes of each file by its name."""
    bytes_ = table["source"].map(sizes).groupby(table["usage"]).mean()
    return {str(usage): round(float(mean), 1) for usage, mean in bytes_.items()}


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
