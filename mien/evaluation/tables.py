"""What other programs read of an evaluation: metrics.json, predictions.parquet and the tables of `dvc plots`."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from mien.evaluation.judging import DECIMALS, Evaluation, Rows, reliability_curves
from mien.labels import DIMENSIONS
from mien.metrics import RocCurve, roc_curve, thinned

METRICS = "metrics.json"
PREDICTIONS = "predictions.parquet"
PLOTS = "plots"
CURVE_POINTS = 200
"""Of one class in roc.csv and in the picture."""

AFFECT = [*DIMENSIONS, *(f"said_{name}" for name in DIMENSIONS)]

CURVES = ("loss", "val_loss", "accuracy", "val_accuracy")
"""Columns of history.csv that are drawn; its seconds differ from run to run and stay out of every output."""


def write_tables(evaluation: Evaluation, history: pd.DataFrame, folder: Path) -> None:
    """Write metrics.json, predictions.parquet and plots/{confusion,roc,reliability,learning_curve}.csv.

    The plots show the official test rows; the tempered probabilities make roc.csv and reliability.csv.

    Args:
        evaluation: the figures and rows.
        history: build/train/history.csv.
        folder: where to; exists.
    """
    text = json.dumps(evaluation.metrics, indent=2, sort_keys=True, allow_nan=False)
    (folder / METRICS).write_text(text + "\n", encoding="utf-8")
    predictions(evaluation).to_parquet(folder / PREDICTIONS, index=False)
    tables = {
        "confusion": confusion_table(evaluation),
        "roc": roc_table(evaluation),
        "reliability": reliability_table(evaluation),
        "learning_curve": history[["epoch", *CURVES]],
    }
    (folder / PLOTS).mkdir(exist_ok=True)
    for name, table in tables.items():
        table.round(DECIMALS).to_csv(folder / PLOTS / f"{name}.csv", index=False, lineterminator="\n")


def predictions(evaluation: Evaluation) -> pd.DataFrame:
    """One row per test and validation face, by `face`.

    Columns: face int32, split str, class_index int16 (the label), predicted int16, twin_in_training bool, and for
    each class p_<class> float32: what the network itself says, before the temperature of metrics.json. Where it tells
    them, valence and arousal of the labels, and said_valence and said_arousal, all float32.
    """
    parts = [_answers(rows, evaluation.classes) for rows in (evaluation.official, evaluation.validation)]
    return pd.concat(parts).sort_values(["face", "split"], ignore_index=True)


def _answers(rows: Rows, classes: tuple[str, ...]) -> pd.DataFrame:
    table = rows.table[["face", "split", "class_index", "twin_in_training"]].reset_index(drop=True)
    table.insert(3, "predicted", rows.predicted.astype(np.int16))
    raw = pd.DataFrame(rows.raw.astype(np.float32), columns=[f"p_{name}" for name in classes])
    if rows.affect is None:
        return pd.concat([table, raw], axis=1)
    both = np.concatenate([rows.known_affect, rows.affect], axis=1).astype(np.float32)
    return pd.concat([table, raw, pd.DataFrame(both, columns=AFFECT)], axis=1)


def confusion_table(evaluation: Evaluation) -> pd.DataFrame:
    """`actual` and `predicted` by name, one row per official test face: what DVC's confusion template counts."""
    names = np.array(evaluation.classes, dtype=object)
    rows = evaluation.official
    return pd.DataFrame({"actual": names[rows.labels], "predicted": names[rows.predicted]})


def roc(evaluation: Evaluation) -> dict[str, RocCurve]:
    """ROC of each class against the rest on the official test rows, thinned; classes without a row are left out."""
    rows = evaluation.official
    curves = {
        name: roc_curve(rows.labels == index, rows.tempered[:, index]) for index, name in enumerate(evaluation.classes)
    }
    return {name: thinned(curve, CURVE_POINTS) for name, curve in curves.items() if curve is not None}


def roc_table(evaluation: Evaluation) -> pd.DataFrame:
    """`class`, `fpr`, `tpr`, as `roc`."""
    parts = [
        pd.DataFrame({"class": name, "fpr": curve.false_positive, "tpr": curve.true_positive})
        for name, curve in roc(evaluation).items()
    ]
    return pd.concat(parts) if parts else pd.DataFrame(columns=["class", "fpr", "tpr"])


def reliability_table(evaluation: Evaluation) -> pd.DataFrame:
    """`confidence`, `accuracy` and `count` of each bin that holds a face."""
    _, after = reliability_curves(evaluation.official, evaluation.params.calibration_bins)
    return pd.DataFrame({"confidence": after.confidence, "accuracy": after.accuracy, "count": after.count})
