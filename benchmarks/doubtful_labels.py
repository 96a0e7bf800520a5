"""How many wrong labels stage `clean` finds: plants some, looks for them, and compares with plainer ways.

    python benchmarks/doubtful_labels.py [fer2013.csv] [--shares 2 5 10] [--planted random people] [--epochs 40]

Without a file it draws 3,000 faces, whose true labels are known. With a file (columns emotion, pixels, Usage) the
labels are taken for right where they were not planted, so that every wrong one that is found among them counts as a
false alarm. As many labels are named as were planted: precision and recall are then the same figure.
"""

import argparse
import hashlib
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mien.cleaning import clean_faces
from mien.cleaning.doubt import doubt, folds_of
from mien.cleaning.judges import judge
from mien.datasets.synthetic import generate
from mien.datasets.table import Faces
from mien.labels import EMOTIONS
from mien.params import CleanParams, DoubtfulLabels

PEOPLE = {
    "angry": ("disgust", "sad", "neutral"),
    "disgust": ("angry", "sad"),
    "fear": ("surprise", "sad"),
    "happy": ("neutral", "surprise"),
    "sad": ("neutral", "fear", "angry"),
    "surprise": ("fear", "happy"),
    "neutral": ("sad", "angry", "happy"),
}
"""What people take each emotion for."""

HOG = cv2.HOGDescriptor((48, 48), (16, 16), (8, 8), (8, 8), 9)


def drawn(rows):
    """Drawn faces: images, what they show, and their table with the labels as a file would have them."""
    data = generate(rows)
    return data.images, data.table["emotion"].to_numpy(str), table(data.images, data.usages, data.labels)


def read(path):
    """Faces of a file in FER2013's layout, whose labels stand for what they show."""
    file = pd.read_csv(path)
    images = np.stack([np.array(pixels.split(), np.uint8).reshape(48, 48) for pixels in file["pixels"]])
    faces = table(images, file["Usage"], file["emotion"])
    return images, faces["label"].to_numpy(str), faces


def table(images, usages, codes):
    """The columns that the rules look at."""
    hashes = [hashlib.sha256(image.tobytes()).hexdigest() for image in images]
    labels = np.array(EMOTIONS, object)[np.asarray(codes)]
    numbers = np.arange(len(images), dtype=np.int32)
    return pd.DataFrame({"face": numbers, "usage": list(usages), "label": labels, "sha256": hashes})


def planted(truth, share, kind, seed):
    """Labels of which `share` are wrong, and which ones."""
    rng = np.random.default_rng(seed)
    wrong = np.zeros(len(truth), bool)
    wrong[rng.choice(len(truth), round(share * len(truth)), replace=False)] = True
    labels = truth.copy()
    for row in np.flatnonzero(wrong):
        others = PEOPLE[truth[row]] if kind == "people" else [name for name in EMOTIONS if name != truth[row]]
        labels[row] = rng.choice(others)
    return labels, wrong


def networks(images, rows, params):
    """What the stage does: the labels in the order of doubt, as positions in `rows`."""
    doubts = doubt(images, rows, params, judge)
    return np.searchsorted(rows["face"], doubts.table["face"]), doubts


def gradients(images, rows, params, folds):
    """Logistic regression on histograms of gradients, judging faces of `folds`; positions in the order of doubt."""
    features = np.stack([HOG.compute(images[place]).ravel() for place in rows.index])
    codes = pd.Categorical(rows["label"], categories=EMOTIONS).codes
    shares = np.zeros((len(rows), len(EMOTIONS)))
    for seen, unseen in folds(codes, rows["group"].to_numpy(), params):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200)).fit(
            features[seen], codes[seen]
        )
        shares[np.ix_(unseen, model[-1].classes_)] = model.predict_proba(features[unseen])
    return np.argsort(shares[np.arange(len(rows)), codes], kind="stable")


def in_sample(codes, *_):
    """One fold that judges what it has learned."""
    everything = np.arange(len(codes))
    return [(everything, everything)]


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--rows", type=int, default=3000, help="faces to draw")
    parser.add_argument("--shares", type=float, nargs="+", default=[2, 5, 10], help="percent of planted labels")
    parser.add_argument("--planted", nargs="+", choices=("random", "people"), default=["random", "people"])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    images, truth, faces = read(given.file) if given.file else drawn(given.rows)
    kept = clean_faces(Faces(faces, images), CleanParams()).kept
    rows = kept[kept["usage"] == "Training"].set_index("face", drop=False)
    print(f"{len(rows):,} Training faces after the other rules; found = precision = recall, named as many as planted")
    print(f"{'planted':<16}{'':>8}{'networks':>10}{'gradients':>11}{'in sample':>11}{'chance':>8}{'networks':>11}")
    params = DoubtfulLabels(epochs=given.epochs)
    for kind in given.planted:
        for share in given.shares:
            labels, wrong = planted(truth[rows.index], share / 100, kind, given.seed)
            one_setting(images, rows.assign(label=labels), wrong, params, f"{kind:<10}{share:>5g} %")


def one_setting(images, rows, wrong, params, what):
    """One line of the table."""
    count, started = int(wrong.sum()), time.perf_counter()
    order, doubts = networks(images, rows, params)
    seconds = time.perf_counter() - started
    found = [
        wrong[way[:count]].mean()
        for way in (order, gradients(images, rows, params, folds_of), gradients(images, rows, params, in_sample))
    ]
    print(
        f"{what:<16}{count:>8,}{found[0]:>10.1%}{found[1]:>11.1%}{found[2]:>11.1%}{count / len(rows):>8.1%}"
        f"{seconds:>9.0f} s   believed {doubts.believed:.1%}, estimated wrong {doubts.wrong:,}",
        flush=True,
    )


if __name__ == "__main__":
    main()
