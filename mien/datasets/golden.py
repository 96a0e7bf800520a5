"""The genuine FER2013 in figures, and how far a copy is from it.

Counts were measured on public copies; a copy is compared Usage by Usage, so that one without PrivateTest, or Kaggle's
train.csv alone, is compared as far as it goes.
"""

from collections.abc import Mapping
from typing import Any

from mien.datasets.pixels import SIDE
from mien.labels import EMOTIONS

NAME = "FER2013"
ROWS = {"Training": 28_709, "PublicTest": 3_589, "PrivateTest": 3_589}
NEAR = 0.01
"""A Usage whose number of rows is within this share of the genuine one is taken for a copy of it."""

COUNTS = {
    "Training": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "PublicTest": (467, 56, 496, 895, 653, 415, 607),
    "PrivateTest": (491, 55, 528, 879, 594, 416, 626),
}
REDUNDANT = {"Training": 1236, "PublicTest": 26, "PrivateTest": 17}
CONSTANT = {"Training": 11, "PublicTest": 1, "PrivateTest": 0}
CROSS = {
    "Training-PublicTest": {"images": 270, "faces": 280},
    "Training-PrivateTest": {"images": 278, "faces": 288},
    "PublicTest-PrivateTest": {"images": 43, "faces": 44},
}
TOTAL = {"unique": 34_034, "redundant": 1_853, "constant": 12}
SPREAD = 54.0
"""Mean standard deviation of the pixels of an image; measured: Training 54.02, PublicTest 54.10. Equalised copies have
73 to 75."""

SPREAD_TOLERANCE = 0.03
CONFLICTING = {"groups": 57, "faces": 160}


def warnings(figures: Mapping[str, Any]) -> list[str]:
    """Where the figures of `mien.datasets.fingerprint.fingerprint` differ from the genuine FER2013's.

    Empty for a genuine copy, and for a data set that has not about the size of FER2013.
    """
    usages = figures["usages"]
    whole = [usage for usage, rows in ROWS.items() if _near(usages.get(usage, {}).get("rows", 0), rows)]
    found: list[str] = []
    for usage in whole:
        golden = {"rows": ROWS[usage], "redundant": REDUNDANT[usage], "constant": CONSTANT[usage]}
        found += _differences(usage, usages[usage], golden)
        spread = usages[usage]["spread"] if figures["image_size"] == SIDE else SPREAD
        if abs(spread - SPREAD) > SPREAD_TOLERANCE * SPREAD:
            found.append(f"{usage}: mean contrast is {spread:.1f}, FER2013 has {SPREAD}; the pixels were altered")
        counts = dict.fromkeys(EMOTIONS, 0) | figures["counts"][usage]
        found += _differences(usage, counts, dict(zip(EMOTIONS, COUNTS[usage], strict=True)))
    for pair, golden in CROSS.items():
        if set(pair.split("-")) <= set(whole):
            found += _differences(pair, figures["cross"][pair], golden)
    if len(whole) == len(ROWS):
        found += _differences("all", figures, TOTAL)
        found += _differences("conflicting labels", figures["conflicting"], CONFLICTING)
    return found


def is_copy(figures: Mapping[str, Any]) -> bool:
    """Whether some Usage has about as many rows as FER2013's, so that `warnings` says something."""
    return any(_near(figures["usages"].get(usage, {}).get("rows", 0), rows) for usage, rows in ROWS.items())


def _near(count: int, golden: int) -> bool:
    return abs(count - golden) <= NEAR * golden


def _differences(where: str, figures: Mapping[str, Any], golden: Mapping[str, int]) -> list[str]:
    return [
        f"{where}: {name} is {figures[name]:,}, FER2013 has {value:,}"
        for name, value in golden.items()
        if figures[name] != value
    ]
