"""Faces of 8x8 pixels and a network that learns them in a second, with all that could differ after a resume."""

from dataclasses import replace

import keras
import numpy as np

from mien.params import TrainParams
from mien.training.data import FaceSet, TrainingData

CLASSES = ("angry", "happy", "sad")


def network(name, classes, *, shape, mean, std, dropout=0.2, affect=False):
    x = faces = keras.Input(shape, dtype="uint8")
    x = keras.layers.Rescaling(1 / std, -mean / std)(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(8, activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(dropout)(x)
    y = keras.layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)
    if affect:
        y = {"probabilities": y, "affect": keras.layers.Dense(2, activation="tanh", name="affect")(x)}
    return keras.Model(faces, y, name=name)


def backbone(name, classes, *, shape, mean, std, **_):
    """Two blocks, each with a batch norm, as a backbone has them, and a dropout for the random numbers."""
    pixels = keras.Input(shape)
    x = keras.layers.Dense(6, activation="relu", name="block1a_dense")(keras.layers.Flatten()(pixels))
    x = keras.layers.BatchNormalization(name="block1a_norm")(x)
    x = keras.layers.Dense(6, activation="relu", name="block2a_dense")(x)
    x = keras.layers.BatchNormalization(name="block2a_norm")(x)
    backbone = keras.Model(pixels, keras.layers.Dropout(0.2)(x))
    faces = keras.Input(shape, dtype="uint8")
    x = backbone(keras.layers.Rescaling(1 / std, -mean / std)(faces))
    return keras.Model(faces, keras.layers.Dense(classes, activation="softmax", name="probabilities")(x), name=name)


def drawn(count, seed):
    """Noise with a bright third: left, middle or right is the class."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, len(CLASSES), count).astype(np.int16)
    images = generator.integers(0, 120, (count, 8, 8), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:, label * 3 : label * 3 + 2] += 100
    return images, labels


def face_set(count, seed):
    images, labels = drawn(count, seed)
    return FaceSet(((images, np.arange(count)),), labels)


def data(training=96, validation=30):
    return TrainingData(face_set(training, 1), face_set(validation, 2), CLASSES)


def with_affect(data, unknown=0.3):
    """The same faces with a valence and an arousal that follow from the class, a share of them not known."""

    def known(faces, seed):
        generator = np.random.default_rng(seed)
        values = 0.7 * np.stack([faces.labels - 1.0, 1.0 - faces.labels], axis=1)
        values += generator.normal(0, 0.05, values.shape)
        values[generator.random(values.shape) < unknown] = np.nan
        return replace(faces, affect=values.astype(np.float32))

    return replace(data, training=known(data.training, 3), validation=known(data.validation, 4))


def params(**changes):
    """Settings; the network has a name of the catalogue, and is `network` where it is built."""
    settings = {"network": {"name": "blog_cnn"}, "batch_size": 32, "epochs": 4, "early_stopping": None, "seed": 7}
    return TrainParams.model_validate({**settings, **changes})


EVERYTHING = {
    "augment_online": {"rotation": 5, "shift": 0.05, "flip": False},
    "class_weight": "balanced",
    "label_smoothing": 0.1,
    "schedule": {"name": "plateau", "patience": 1, "warmup_epochs": 1},
    "early_stopping": {"monitor": "val_loss", "patience": 50},
}
"""All that could make a resumed run differ from an uninterrupted one."""

IN_STEPS = {
    "network": {"name": "backbone", "weights": "named.h5"},
    "unfreeze": [{"after_epochs": 1, "blocks": 1}, {"after_epochs": 3, "factor": 0.1}],
    "epochs": 5,
}
"""A backbone whose last block learns from the second epoch on, and the other one from the fourth."""
