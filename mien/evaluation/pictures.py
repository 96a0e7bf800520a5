"""What people look at: charts of the figures and pages of faces."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mien.evaluation.judging import Evaluation, Rows, reliability_curves
from mien.evaluation.tables import roc
from mien.metrics import class_scores, ranking
from mien.plots import affect as affect_plots
from mien.plots import classes as class_plots
from mien.plots import curves
from mien.plots.faces import Answer

MISTAKES = 32
GUESSES = 24
"""Faces on the pages; mememoji's project showed 24 with first and second guess."""


def charts(evaluation: Evaluation, history: pd.DataFrame) -> dict[str, Figure]:
    """Every chart by the name of its file, on the official test rows."""
    rows, names = evaluation.official, evaluation.classes
    before, after = reliability_curves(rows, evaluation.params.calibration_bins)
    told = {} if rows.affect is None else {"affect": affect_plots.affect(rows.known_affect, rows.affect)}
    return {
        **told,
        "learning_curve": curves.learning_curves(history),
        "per_class": class_plots.per_class(class_scores(evaluation.confusion), names),
        "confusion": class_plots.confusion(evaluation.confusion, names),
        "roc": curves.roc_curves(roc(evaluation)),
        "reliability": curves.reliability_curves(before, after, evaluation.temperature),
        "scores": curves.score_histogram(rows.correct, rows.confidence),
    }


def surest_mistakes(rows: Rows, images: np.ndarray, names: Sequence[str]) -> list[Answer]:
    """The wrong answers with the highest probability, the surest first; of twins only one.

    Args:
        rows: test rows.
        images: all faces, (faces, H, W) or (faces, H, W, 3); `rows.table.face` are positions in it.
        names: of the classes.
    """
    wrong = np.flatnonzero(~rows.correct)
    ordered = wrong[np.lexsort((rows.table["face"].to_numpy()[wrong], -rows.confidence[wrong]))]
    groups = rows.table["group"].iloc[ordered]
    return answers(rows, images, names, ordered[~groups.duplicated().to_numpy()][:MISTAKES])


def random_guesses(rows: Rows, images: np.ndarray, names: Sequence[str], seed: int) -> list[Answer]:
    """Answers to test faces drawn at random, in the order of the table; arguments as `surest_mistakes`."""
    drawn = np.random.default_rng(seed).permutation(len(rows.table))[:GUESSES]
    return answers(rows, images, names, np.sort(drawn))


def surest_hit(rows: Rows) -> int:
    """Position of the row that was answered best; of the surest one when no answer is right."""
    return int((rows.confidence + rows.correct).argmax())


def answers(rows: Rows, images: np.ndarray, names: Sequence[str], positions: np.ndarray) -> list[Answer]:
    """What the network said about the rows at `positions`."""
    out = []
    for position, ranked in zip(positions.tolist(), ranking(rows.raw[positions]).tolist(), strict=True):
        face = int(rows.table["face"].iloc[position])
        guesses = [(names[c], float(rows.tempered[position, c])) for c in ranked]
        out.append(Answer(face, np.asarray(images[face]), names[rows.labels[position]], guesses))
    return out
