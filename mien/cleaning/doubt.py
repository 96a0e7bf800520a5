"""Labels that models do not believe which have learned without the face in question: probably wrong ones.

Confident learning (Northcutt, Jiang and Chuang, 2021) as cleanlab has it: out-of-fold probabilities, and the less of it
the given label gets, the more it is doubted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mien.cleaning.batches import small
from mien.errors import DataError
from mien.labels import EMOTIONS
from mien.params import DoubtfulLabels

COLUMNS = ("rank", "face", "label", "suggested", "score", "probability", "dropped")

Folds = Sequence[tuple[np.ndarray, np.ndarray]]
"""For each fold the positions to learn from and those to judge."""

Judge = Callable[[np.ndarray, np.ndarray, Folds, int, DoubtfulLabels], np.ndarray]
"""(images, codes, folds, number of labels, params) to probabilities (N, labels), see `mien.cleaning.judges.judge`."""


@dataclass(frozen=True)
class Doubts:
    """The labels in the order of doubt, one row each of `table`, which is empty where the rule is off.

    | column | type | |
    |---|---|---|
    | `rank` | int32 | 1: the label least believed |
    | `face` | int32 | |
    | `label` | str | as given |
    | `suggested` | str | the most probable label, the given one where the models agree |
    | `score` | float32 | probability of the given label, to four digits: the lower, the more it is doubted |
    | `probability` | float32 | of the suggested label |
    | `dropped` | bool | |

    `wrong` is the number of wrong labels that cleanlab estimates.
    """

    table: pd.DataFrame
    wrong: int = 0

    @property
    def believed(self) -> float:
        """Share of the labels that the models agree with."""
        return float((self.table["label"] == self.table["suggested"]).mean()) if len(self.table) else 0.0


def no_doubts() -> Doubts:
    """Where nothing was judged."""
    return Doubts(_table(np.zeros(0, np.int32), np.zeros(0, int), np.zeros((0, 1)), np.array([""], object), 0.0))


def doubt(images: np.ndarray, rows: pd.DataFrame, params: DoubtfulLabels, judge: Judge) -> Doubts:
    """Judge each label by a model that has seen neither its face nor a twin of it.

    Args:
        images: uint8 (N, H, W) or (N, H, W, 3), also a memory map.
        rows: `face`, `label` and `group` (of twins) of labelled Training faces, by their place in `images`.
        params: folds, seed, and how many labels are dropped: those least believed, but at most half of any label.
        judge: makes the models.

    Raises:
        DataError: fewer than two labels, or one with too few faces, not counting twins, for the folds.
    """
    names = _names(rows, params.folds)
    codes = pd.Categorical(rows["label"], categories=names).codes.astype(int)
    folds = folds_of(codes, rows["group"].to_numpy(), params)
    probabilities = judge(small(images, rows.index.to_numpy()), codes, folds, len(names), params)
    table = _table(rows["face"].to_numpy(), codes, probabilities, names, params.drop_percent)
    return Doubts(table, _estimated(codes, probabilities))


def _names(rows: pd.DataFrame, folds: int) -> np.ndarray:
    """The labels that there are, emotions in their order and others behind them."""
    counts = rows.groupby("label")["group"].nunique()  # twins are in one fold
    if len(counts) < 2:
        raise DataError(
            f"clean.doubtful_labels: {len(rows):,} labelled Training faces are left to judge, all of one label; two "
            "labels are needed. Set clean.doubtful_labels to null in params.yaml, or bring more faces."
        )
    if counts.min() < folds:
        raise DataError(
            f"clean.doubtful_labels: label {counts.idxmin()!r} has {counts.min()} Training faces (twins are "
            f"counted once), fewer than the {folds} folds. Lower clean.doubtful_labels.folds in params.yaml (at "
            "least 2), set clean.doubtful_labels to null, or bring more faces of it."
        )
    return np.array([*(name for name in EMOTIONS if name in counts), *sorted(set(counts.index) - set(EMOTIONS))])


def folds_of(codes: np.ndarray, groups: np.ndarray, params: DoubtfulLabels) -> Folds:
    """Like shares of each label; every group of twins (N,) lies in one fold."""
    from sklearn.model_selection import StratifiedGroupKFold

    return list(StratifiedGroupKFold(params.folds, shuffle=True, random_state=params.seed).split(codes, codes, groups))


def _table(
    faces: np.ndarray, codes: np.ndarray, probabilities: np.ndarray, names: np.ndarray, drop_percent: float
) -> pd.DataFrame:
    suggested = probabilities.argmax(axis=1)
    everything = np.arange(len(codes))
    table = pd.DataFrame(
        {
            "face": faces.astype(np.int32),
            "label": names[codes],
            "suggested": names[suggested],
            "score": _scores(codes, probabilities),
            "probability": probabilities[everything, suggested].round(4).astype(np.float32),
        }
    ).sort_values(["score", "face"], ignore_index=True)
    table["rank"] = (everything + 1).astype(np.int32)
    table["dropped"] = _dropped(table, int(len(table) * drop_percent / 100))
    return table[list(COLUMNS)]


def _scores(codes: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Self confidence as cleanlab has it, float32, to four digits so that the last bits of a sum change no order."""
    if not len(codes):
        return np.zeros(0, np.float32)
    from cleanlab.rank import get_label_quality_scores

    scores: np.ndarray = get_label_quality_scores(codes, probabilities, method="self_confidence")
    return scores.round(4).astype(np.float32)


def _dropped(table: pd.DataFrame, count: int) -> np.ndarray:
    """The first `count` rows, but of each label at most the half that is less believed."""
    before = table.groupby("label").cumcount()
    half = table["label"].map(table["label"].value_counts()) // 2
    droppable = (before < half).to_numpy(dtype=bool)
    flags: np.ndarray = droppable & (np.cumsum(droppable) <= count)
    return flags


def _estimated(codes: np.ndarray, probabilities: np.ndarray) -> int:
    from cleanlab.count import num_label_issues

    return int(num_label_issues(codes, probabilities))
