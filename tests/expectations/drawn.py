"""A small sound data set, and one rule of the suite at work on it."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from mien.datasets.table import COLUMNS, Faces
from mien.expectations.inspector import Finding, Inspector
from mien.expectations.suite import TYPES, derived_suite, raw_suite
from mien.expectations.tables import derived_tables, raw_tables
from mien.labels import EMOTIONS, FERPLUS_VOTES, NAMES
from mien.params import ValidateParams

ROWS = 420
GROUPS = 30
"""Groups of two identical images, of one label each."""


def sound(rows: int = ROWS, size: int = 16) -> Faces:
    """As many faces of each emotion, 300 of 420 Training, 30 pairs of identical images within Training."""
    images = np.random.default_rng(1).integers(0, 256, (rows, size, size), dtype=np.uint8)
    usage = np.repeat(["Training", "PublicTest", "PrivateTest"], [rows - 2 * (rows // 7), rows // 7, rows // 7])
    for pair in range(GROUPS):
        images[pair + 7 * 10] = images[pair]
    return faces_of(images, np.arange(rows) % 7, usage)


def faces_of(images: np.ndarray, codes: np.ndarray, usage: np.ndarray) -> Faces:
    """Faces with these pixels, FER2013 codes and Usages, everything else as `ingest` writes it."""
    count, height, width = images.shape[:3]
    table = pd.DataFrame(
        {
            "face": np.arange(count),
            "sample_id": [f"{row:08d}" for row in range(count)],
            "source": "fer2013.csv",
            "line": np.arange(count) + 2,
            "usage": usage,
            "label_space": "fer2013",
            "code": codes,
            "label": [EMOTIONS[code] for code in codes],
            "sha256": [hashlib.sha256(image.tobytes()).hexdigest() for image in images],
            "width": width,
            "height": height,
            "valence": np.nan,
            "arousal": np.nan,
            **dict.fromkeys(("box_x", "box_y", "box_width", "box_height"), -1),
        }
    )
    return Faces(table.astype(TYPES)[list(COLUMNS)], images)


def changed(faces: Faces, rows: object = None, **columns: object) -> Faces:
    """The same faces with other values in some columns, in all rows or those given (positions or a slice)."""
    table = faces.table.copy()
    for name, value in columns.items():
        if rows is None:
            table[name] = value
        else:
            table.loc[table.index[rows], name] = value
    return Faces(table, faces.images)


def relabelled(faces: Faces, codes: np.ndarray) -> Faces:
    """The same faces with other codes and the labels that belong to them."""
    labels = pd.Series([EMOTIONS[code] for code in codes], dtype="str")
    return changed(faces, code=np.asarray(codes, np.int16), label=labels)


def with_votes(faces: Faces, tops: np.ndarray) -> Faces:
    """With ten FER+ votes for the emotion of the code in `tops`."""
    names = [NAMES.get(name, name) for name in FERPLUS_VOTES]
    votes = np.zeros((len(faces), len(names)), np.uint8)
    votes[np.arange(len(faces)), [names.index(EMOTIONS[code]) for code in tops]] = 10
    return changed(faces, **{f"votes_{name}": votes[:, at] for at, name in enumerate(FERPLUS_VOTES)})


def finding(name: str, faces: Faces, folder: Path, params: ValidateParams | None = None) -> Finding:
    """What comes of the rule `name`, alone, on these faces."""
    params = params or ValidateParams()
    tables = raw_tables(faces)
    suite = raw_suite(tables)
    if not any(rule.name == name for rules in suite.values() for rule in rules):
        tables |= derived_tables(faces, params.required_classes)
        suite = derived_suite(tables, params)
    table, rule = next((table, rule) for table, rules in suite.items() for rule in rules if rule.name == name)
    return Inspector(folder).inspect(table, tables[table], [rule])[0]
