"""Data sets whose faces are as bright as their emotion asks for, and a model that knows the brightness by heart."""

import json
from pathlib import Path

import cv2
import keras
import numpy as np

from mien.labels import AFFECTNET, EMOTIONS, FER2013, NON_EMOTIONS
from mien.model_file import ModelFacts, write_model

BRIGHTNESS = {label: 20 + 22 * at for at, label in enumerate((*EMOTIONS, "contempt", *NON_EMOTIONS))}


def face(label, seed=0, size=48):
    """uint8 (size, size): noise around the brightness of the label."""
    noise = np.random.default_rng(seed).integers(-4, 5, (size, size))
    return (BRIGHTNESS[label] + noise).astype(np.uint8)


def write_fer2013(root, rows):
    """`rows` of (label, Usage)."""
    root.mkdir(parents=True)
    lines = ["emotion,pixels,Usage"]
    codes = {label: code for code, label in FER2013.codes.items()}
    for number, (label, usage) in enumerate(rows):
        lines.append(f"{codes[label]},{' '.join(map(str, face(label, number).ravel()))},{usage}")
    (root / "fer2013.csv").write_text("\n".join(lines) + "\n")


def write_affectnet(root, training, validation):
    """The original distribution: a colour picture of 100 x 100 for each label, the face in a box of 60 x 60."""
    pictures, lists = root / "Manually_Annotated_Images/1", root / "Manually_Annotated_file_lists"
    pictures.mkdir(parents=True)
    lists.mkdir()
    codes = {label: code for code, label in AFFECTNET.codes.items()}
    head = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
    for name, labels in (("training", training), ("validation", validation)):
        lines = [head]
        for number, label in enumerate(labels):
            path = f"1/{name[0].encode().hex()}{number:054x}.png"
            picture = np.full((100, 100), 255, np.uint8)
            picture[20:80, 10:70] = face(label, number, 60)
            cv2.imwrite(str(pictures.parent / path), np.dstack([picture] * 3))
            lines.append(f"{path},10,20,60,60,{';'.join(['30.00'] * 136)},{codes[label]},0.1,0.2")
        (lists / f"{name}.csv").write_text("\n".join(lines) + "\n")


def write_knowing(path: Path, classes, shape=(48, 48, 1), at=0.0, **facts):
    """A model whose answer is the class of the nearest brightness; `at` is added to what it weighs."""
    levels = np.array([BRIGHTNESS[name] for name in classes], np.float32)
    faces = keras.Input(shape, dtype="uint8")
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1.0)(faces))  # (B, C)
    answer = keras.layers.Dense(len(classes), activation="softmax")
    model = keras.Model(faces, answer(mean))
    answer.set_weights([np.tile(2 * levels / shape[2], (shape[2], 1)), at - np.square(levels)])
    write_model(model, ModelFacts(tuple(classes), shape, 0.0, 1.0, "knowing", **facts), path)


def judged(out):
    return json.loads((out / "judged.json").read_text())
