"""The copies of 2021 and AffectNet+: crops of 224 x 224, their annotations beside them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mien.datasets.synthetic.affectnet.files import decimal, write_picture
from mien.datasets.synthetic.affectnet.sample import Part, Sample, samples
from mien.datasets.synthetic.affectnet.scene import Scene, face_of

SIDE = 224
NPY: Mapping[Part, str] = {"training": "train_set", "validation": "val_set"}
PLUS: Mapping[Part, str] = {"training": "train_set", "validation": "validation_set"}
GAP = 7
"""Every so many numbers are left out: they are not contiguous in the copies either."""


def write_npy(root: Path, faces: int, seed: int) -> None:
    """Write the copy of March 2021, eight classes, a `.npy` for each value; numbers start again in val_set."""
    for sample in samples(faces, seed, classes=8):
        folder, name = root / NPY[sample.part], str(_number(sample))
        face = face_of(sample.scene, SIDE)
        write_picture(folder / "images" / f"{name}.jpg", face.picture)
        annotations = folder / "annotations"
        annotations.mkdir(exist_ok=True)
        for ending, value in _values(sample, face).items():
            np.save(annotations / f"{name}_{ending}.npy", value)


def _values(sample: Sample, face: Scene) -> dict[str, np.ndarray]:
    """Scalars are 0-d arrays of text in the copies."""
    return {
        "exp": np.array(str(sample.code)),
        "val": np.array(decimal(sample.valence)),
        "aro": np.array(decimal(sample.arousal)),
        "lnd": face.landmarks.ravel(),
    }


def _number(sample: Sample) -> int:
    return sample.number + sample.number // GAP


def write_plus(root: Path, faces: int, seed: int) -> None:
    """Write AffectNet+'s human_annotated part, eleven classes, a JSON file for each picture."""
    for sample in samples(faces, seed):
        folder, name = root / "AffectNet+" / "human_annotated" / PLUS[sample.part], str(_number(sample))
        face = face_of(sample.scene, SIDE)
        write_picture(folder / "images" / f"{name}.jpg", face.picture)
        annotations = folder / "annotations"
        annotations.mkdir(exist_ok=True)
        (annotations / f"{name}.json").write_text(json.dumps(_annotation(sample, face)) + "\n", encoding="ascii")


def _annotation(sample: Sample, face: Scene) -> dict[str, Any]:
    """What AffectNet+ says of a face; "age", "gender" and "race" are there to be passed over, and hold no value."""
    soft = [round(0.86 if code == sample.code else 0.02, 2) for code in range(8)]
    meta = {
        "age": None,
        "gender": {"male": None, "female": None},
        "race": None,
        "pose": None,
        "valence": round(sample.valence, 6),
        "arousal": round(sample.arousal, 6),
        "landmark-68": [round(float(value), 2) for value in face.landmarks.ravel()],
        "landmark-29": None,
    }
    return {
        "human-label": sample.code,
        "soft-label": soft if sample.code < 8 else [],
        "subset": sample.number % 3,
        "meta-data": meta,
    }
