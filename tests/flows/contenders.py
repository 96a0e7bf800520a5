"""A project whose models answer as the test wants: two strips of every face carry a class, and a model reads one.

The weak strip is right in 60 % of the faces of each class, the strong one in 90 %; models are sure accordingly.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from mien.evaluation.held_out import write_held_out
from mien.model_file import ModelFacts, write_model
from mien.params import RegisterParams
from tests.tasks.judged import CLASSES, write_judged

FACES = 400
SIDE = 48
RIGHT = {"weak": 6, "strong": 9}
"""Of ten faces of a class."""
STRIPS = {"weak": 0, "strong": 10}
"""Row of the face at which a strip begins."""


def write_project(root: Path, promote: dict | None = None) -> None:
    """A checkout after a pass of the pipeline, without a model."""
    write_judged(root, accuracy=0.8)
    sections = {
        "promote": {"max_ece": 0.3, "max_ece_rise": 0.3, **(promote or {})},
        "evaluate": {"bootstrap_samples": 500},
    }
    (root / "params.yaml").write_text(yaml.safe_dump(sections))
    labels = np.arange(FACES) % len(CLASSES)
    np.save(root / "build/ingest/images.npy", faces(labels))
    table = pd.DataFrame(
        {
            "face": np.arange(FACES, dtype=np.int32),
            "group": np.arange(FACES, dtype=np.int32),
            "usage": "PrivateTest",
            "sha256": [f"{number:016x}{0:048x}" for number in range(FACES)],
            "split": "test",
            "class": [CLASSES[label] for label in labels],
            "class_index": labels.astype(np.int16),
            "twin_in_training": np.arange(FACES) % 40 == 0,
        }
    )
    table.to_parquet(root / "build/split/faces.parquet", index=False)
    judge_on(root, table)


def judge_on(root: Path, rows: pd.DataFrame) -> None:
    """What `evaluate` leaves of the rows that the next model was judged on."""
    write_held_out(root / "build/evaluate/held_out.txt", rows)
    path = root / "build/evaluate/metrics.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "temperature": 1.0}))


def faces(labels: np.ndarray) -> np.ndarray:
    """uint8 (N, SIDE, SIDE): in each strip the part of the class that it says is white."""
    images = np.zeros((len(labels), SIDE, SIDE), np.uint8)
    turn = np.arange(len(labels)) // len(CLASSES) % 10
    for name, start in STRIPS.items():
        said = np.where(turn < RIGHT[name], labels, (labels + 1) % len(CLASSES))
        for row, one in enumerate(said):
            images[row, start + 5 * one : start + 5 * one + 5] = 255
    return images


def model(strip: str, classes: list[str] = CLASSES, side: int = SIDE, salt: int = 0):  # noqa: ANN201 - keras has no types
    """A network that reads one strip; `salt` makes other bytes of the same answers."""
    import keras

    layers = [keras.Input((side, side, 1), dtype="uint8"), keras.layers.Rescaling(1 / 255), keras.layers.Flatten()]
    network = keras.Sequential([*layers, keras.layers.Dense(len(classes), activation="softmax")])
    weights = np.zeros((side, side, len(classes)), np.float32)
    sure = np.log(RIGHT[strip] / (10 - RIGHT[strip]))
    for number, name in enumerate(classes):
        start = STRIPS[strip] + 5 * (CLASSES.index(name) if name in CLASSES else number)
        weights[start : start + 5, :, number] = sure / (5 * side)
    weights[-1, -1, 0] = salt
    network.layers[-1].set_weights([weights.reshape(side * side, -1), np.zeros(len(classes), np.float32)])
    return network


def register_model(
    root: Path, strip: str, classes: list[str] = CLASSES, side: int = SIDE, salt: int = 0, name: str = "mien"
) -> str:
    """Register such a model as the stage does, in the working directory `root`; its version number."""
    from tasks.register import register
    from tasks.tracking.run import open_run

    path = root / "build/train/model.keras"
    facts = ModelFacts(tuple(classes), (side, side, 1), mean=0.0, std=255.0, network="tiny")
    write_model(model(strip, classes, side, salt), facts, path)
    (root / "build/split/classes.json").write_text(json.dumps(classes))
    with open_run("register") as run:
        register(RegisterParams(model_name=name), run)
    (root / "build/split/classes.json").write_text(json.dumps(CLASSES))
    return str(json.loads((root / "build/register/registered.json").read_text())["version"])
