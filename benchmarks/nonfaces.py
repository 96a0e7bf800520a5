"""How well pictures without a face are found, beside two entropies and OpenCV's face detector.

    python benchmarks/nonfaces.py fer2013.csv fer2013new.csv
    python benchmarks/nonfaces.py faces.csv numbers.txt

The truth is FER+'s file (its rows are those of fer2013.csv; a picture that all ten people called "not a face" is
none) or a text with one row number a line, counted from 0. The network learns from the Training rows alone; found are
the non-faces among the worst 0.5 % of all rows. A second line for each measure leaves out the pictures of one gray
value, which `clean.constant` drops anyway. With 32,298 rows of FER2013 it takes some minutes on two cores.
"""

import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from mien.cleaning.entropy import constant, global_entropy, local_entropy
from mien.cleaning.nonfaces import nonface_scores

PERCENT = 0.5
ALL_VOTES = 10
REDRAWN = 1000


def read(path):
    """Pictures of a file like fer2013.csv, uint8 (N, 48, 48), and the positions of its Training rows."""
    table = pd.read_csv(path)
    images = np.stack([np.array(row.split(), np.uint8) for row in table["pixels"]]).reshape(-1, 48, 48)
    return images, np.flatnonzero(table["Usage"] == "Training")


def truth(path, count):
    """Which rows are no faces, bool (count,)."""
    if path.suffix == ".csv":
        votes = pd.read_csv(path)["NF"].to_numpy()
        if len(votes) < count:
            sys.exit(f"{path} has {len(votes):,} rows for {count:,} pictures: it is not FER+'s file for them")
        return votes[:count] == ALL_VOTES
    rows = np.loadtxt(path, int, ndmin=1)
    if not len(rows) or rows.min() < 0 or rows.max() >= count:
        sys.exit(f"{path} must name rows from 0 to {count - 1:,}, one a line")
    return np.isin(np.arange(count), rows)


def haar(images):
    """Minus the number of neighbouring finds of the surest face that OpenCV's frontal cascade sees."""
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")
    scores = np.zeros(len(images))
    for number, picture in enumerate(images):
        large = cv2.copyMakeBorder(picture, 12, 12, 12, 12, cv2.BORDER_REPLICATE)
        _, finds = cascade.detectMultiScale2(large, scaleFactor=1.1, minNeighbors=1, minSize=(24, 24))
        scores[number] = -max(finds, default=0)
    return scores


def found(flags, scores):
    """Share of the non-faces among the worst rows, and how many these are; ties in the order of the rows."""
    worst = np.argsort(-scores, kind="stable")[: int(len(scores) * PERCENT / 100)]
    return flags[worst].sum() / flags.sum(), flags[worst].sum()


def interval(flags, scores):
    """Where 95 % of the shares found lie when the rows are drawn anew."""
    rng = np.random.default_rng(0)
    draws = (rng.integers(len(flags), size=len(flags)) for _ in range(REDRAWN))
    return np.quantile([found(flags[rows], scores[rows])[0] for rows in draws], (0.025, 0.975))


def line(name, flags, scores, seconds):
    """One line of the table."""
    share, number = found(flags, scores)
    low, high = interval(flags, scores)
    print(
        f"{name:<28}{roc_auc_score(flags, scores):>7.4f} {number:>7,} of {flags.sum():<5,} {share:>5.1%} "
        f"[{low:.1%}, {high:.1%}] {seconds:>7.1f} s",
        flush=True,
    )


def main():
    """Print the table."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    images, training = read(Path(sys.argv[1]))
    flags = truth(Path(sys.argv[2]), len(images))
    varied = ~constant(images)
    print(f"{len(images):,} pictures, {flags.sum():,} without a face, {(~varied).sum():,} of one gray value")
    print(f"{'':<28}{'AUC':>7} found within the worst {PERCENT} %")
    measures = {
        "nonface_scores": lambda images: nonface_scores(images, training),
        "local entropy": lambda images: -local_entropy(images),
        "global entropy": lambda images: -global_entropy(images),
        "Haar cascade": haar,
    }
    for name, measure in measures.items():
        started = time.perf_counter()
        scores = measure(images)
        seconds = time.perf_counter() - started
        line(name, flags, scores, seconds)
        line("  not of one gray value", flags[varied], scores[varied], seconds)


if __name__ == "__main__":
    main()
