"""A contact sheet of what the ranges do to faces of each class."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mien.augmentation.offline import augment
from mien.gallery import Section, Tile, sheet
from mien.params import Ranges

FACES_PER_CLASS, VERSIONS = 2, 14
SIZE = 80
"""Pixels; an original and its versions fill a row of the page."""


def preview(images: np.ndarray, table: pd.DataFrame, classes: Sequence[str], ranges: Ranges, seed: int) -> np.ndarray:
    """Draw faces of each class beside changed versions of them.

    Args:
        images: uint8, (N, H, W) gray or (N, H, W, 3) RGB.
        table: `face` (position in `images`) and `class` of the faces to choose from.
        classes: in the order in which they are shown.
        ranges: how much may change.
        seed: of the random numbers.

    Returns:
        A page, uint8 (height, width, 3) RGB.
    """
    sections = []
    for number, name in enumerate(classes):
        chosen = _spread(table.loc[table["class"] == name, "face"].to_numpy())
        versions = augment(images[np.repeat(chosen, VERSIONS)], ranges, seed + number)
        groups = versions.reshape(len(chosen), VERSIONS, *images.shape[1:])
        tiles: list[Tile] = []
        for face, group in zip(chosen, groups, strict=True):
            tiles += [Tile([images[face]], f"#{face}"), *(Tile([version]) for version in group)]
        sections.append(Section(name, tiles))
    return sheet(sections, title="Each row: a face as it was, then changed versions of it", size=SIZE)


def _spread(faces: np.ndarray) -> np.ndarray:
    """At most FACES_PER_CLASS of them, from all over the table; sources are often sorted."""
    places = np.linspace(0, len(faces), FACES_PER_CLASS, endpoint=False).astype(int)
    return np.take(faces, np.unique(places))
