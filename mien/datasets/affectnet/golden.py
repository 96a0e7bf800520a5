"""The genuine AffectNet in figures, and how far a copy is from it."""

from collections.abc import Mapping
from typing import Any

from mien.labels import AFFECTNET

TRAINING = (74_874, 134_415, 25_459, 14_090, 6_378, 3_803, 24_882, 3_750, 33_088, 11_645, 82_415)
"""Rows of training.csv by code."""

AUTOMATIC = (143_142, 246_235, 20_854, 17_462, 3_799, 890, 28_000, 2, 7_259, 1_447, 70_517)
"""Rows of automatically_annotated.csv by code."""

VALIDATION = (500,) * 11
"""Rows of validation.csv by code; one picture of contempt is empty in every copy."""

SETS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "the manually annotated part": {"Training": TRAINING, "PublicTest": VALIDATION},
    "the manually annotated part without its last three codes": {
        "Training": TRAINING[:8],
        "PublicTest": VALIDATION[:8],
    },
    "the automatically annotated part": {"Training": AUTOMATIC},
    "all of it": {
        "Training": tuple(one + other for one, other in zip(TRAINING, AUTOMATIC, strict=True)),
        "PublicTest": VALIDATION,
    },
}
"""What copies hold: faces by Usage and code."""

NAME = "AffectNet"
NEAR = 0.01
"""A copy whose number of Training faces is within this share of a set's is taken for one of it."""

SLACK = 2
"""Faces by which a class may differ: in every copy one row is bad and one picture empty."""


def is_copy(figures: Mapping[str, Any]) -> bool:
    """Whether Training has about as many faces as in one of SETS, so that `warnings` says something."""
    return bool(_set(figures))


def _set(figures: Mapping[str, Any]) -> str:
    count = figures["usages"].get("Training", {}).get("rows", 0)
    totals = {name: sum(usages["Training"]) for name, usages in SETS.items()}
    return next((name for name, total in totals.items() if abs(count - total) <= NEAR * total), "")


def warnings(figures: Mapping[str, Any]) -> list[str]:
    """Where the figures of `mien.datasets.fingerprint.fingerprint` differ from those of the set that they copy.

    Empty for a genuine copy, and for a data set that has the size of none of SETS.
    """
    found: list[str] = []
    name = _set(figures)
    for usage, golden in SETS.get(name, {}).items():
        counts = figures["counts"].get(usage, {})
        for code, expected in enumerate(golden):
            count = counts.get(AFFECTNET.label(code), 0)
            if abs(count - expected) > SLACK:
                found.append(f"{usage}: {AFFECTNET.label(code)} is {count:,}, AffectNet has {expected:,} in {name}")
    return found
