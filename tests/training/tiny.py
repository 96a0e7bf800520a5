"""Faces of 8x8 pixels and a network that learns them in a second, with all that could differ after a resume."""

import keras
import numpy as np

from mien.params import TrainParams
from mien.training.data import FaceSet, TrainingData

CLASSES = ("angry", "happy", "sad")


def network(name, classes, *, shape, mean, std, dropout=0.2):
    x = faces = keras.Input(shape, dtype="uint8")
    x = keras.layers.Rescaling(1 / std, -mean / std)(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(8, activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.Dense(classes, activation="softmax", dtype="float32")(x)
    return keras.Model(faces, x, name=name)


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
