"""The stage `train` on a few faces in a folder of its own, in this process or in one that can be killed."""

import json
import os

import numpy as np
import pandas as pd
from keras import layers

from mien import networks
from mien.networks.network import Network
from mien.params import Preparation
from tasks.processes import end_with_parent
from tasks.train import train_and_write
from tests.training import tiny


class Tiny(Network):
    """A network for faces of 8x8."""

    @property
    def smallest(self):
        return 8

    def features(self, x):
        x = layers.Dense(8, activation="relu", name="dense")(layers.Flatten(name="flatten")(x))
        return layers.Dropout(0.2, name="dropout")(x)


def prepare(root):
    """What the stages before leave under `root`/build: 90 faces, 60 of them for training, and 20 copies."""
    images, labels = tiny.drawn(90, 1)
    copies, copied = tiny.drawn(20, 2)
    for stage in ("ingest", "split", "augment", "train"):
        (root / "build" / stage).mkdir(parents=True)
    np.save(root / "build/ingest/images.npy", images)
    Preparation(8).write(root / "build/ingest")
    np.save(root / "build/augment/images.npy", copies)
    (root / "build/split/classes.json").write_text(json.dumps(tiny.CLASSES))
    table = {"face": np.arange(90, dtype=np.int32), "split": ["train"] * 60 + ["validation"] * 20 + ["test"] * 10}
    affect = {"valence": labels / 2.0 - 0.5, "arousal": np.where(np.arange(90) % 2, np.nan, 0.25)}
    names = np.array(tiny.CLASSES)[labels]
    named = {"label": names, "class": names, "class_index": labels}
    pd.DataFrame({**table, **named, **affect}).to_parquet(root / "build/split/faces.parquet")
    pd.DataFrame({"face": np.arange(20, dtype=np.int32), "class_index": copied}).to_parquet(
        root / "build/augment/faces.parquet"
    )


def run(root, params, on_epoch=lambda report: None):
    """The stage as a process of its own."""
    os.chdir(root)
    end_with_parent()
    networks.NETWORKS = {"blog_cnn": Tiny}
    train_and_write(params, on_epoch)
