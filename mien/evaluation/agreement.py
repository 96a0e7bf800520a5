"""How well predictions agree with FER+'s ten taggers, where their votes were joined to the faces."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mien.labels import FERPLUS_VOTES, NAMES
from mien.metrics import Array, Figures

PREFIX = "votes_"


def agreement(table: pd.DataFrame, predicted: Array, classes: Sequence[str]) -> Figures:
    """Compare with the taggers' votes; the same for the data set's own labels as a yardstick. Empty without votes.

    Args:
        table: rows with `votes_<name>`, `label`, `class` and `class_index`.
        predicted: class of each row, int (N,).
        classes: names of the classes.

    Returns:
        `rows` with votes; `majority_rows`, those with one most voted emotion that is a class here; `agreement`, the
        share of these for which it is the prediction; `vote_share`, the mean share of all ten votes of a row that
        the prediction has; `label_agreement` and `label_vote_share` for the labels.
    """
    columns = [f"{PREFIX}{name}" for name in FERPLUS_VOTES]
    if not set(columns) <= set(table.columns):
        return {}
    votes = table[columns].to_numpy(np.float64)
    voted = votes.sum(axis=1) > 0
    if not voted.any():
        return {}
    shares = vote_shares(votes[voted], _targets(table, classes))
    majority = _majority(shares, len(classes))
    labels = table["class_index"].to_numpy(np.int64)[voted]
    return {
        "rows": len(shares),
        "majority_rows": int((majority >= 0).sum()),
        **_compared("", predicted[voted], majority, shares),
        **_compared("label_", labels, majority, shares),
    }


def vote_shares(votes: Array, targets: Sequence[int]) -> Array:
    """Share of each row's votes that each target has, float (N, max target + 1).

    Args:
        votes: (N, columns), every row with at least one vote.
        targets: where the votes of each column go.
    """
    out = np.zeros((len(votes), max(targets) + 1))
    for column, target in enumerate(targets):
        out[:, target] += votes[:, column]
    out /= votes.sum(axis=1, keepdims=True)
    return out


def _majority(shares: Array, classes: int) -> Array:
    """The one class with the most votes, int (N,); -1 on a tie, or where something that is no class wins."""
    best = shares.argmax(axis=1)
    unique = (shares == shares.max(axis=1, keepdims=True)).sum(axis=1) == 1
    return np.where(unique & (best < classes), best, -1)


def _compared(prefix: str, answers: Array, majority: Array, shares: Array) -> Figures:
    clear = majority >= 0
    out: Figures = {f"{prefix}vote_share": float(shares[np.arange(len(answers)), answers].mean())}
    if clear.any():
        out[f"{prefix}agreement"] = float((answers[clear] == majority[clear]).mean())
    return out


def _targets(table: pd.DataFrame, classes: Sequence[str]) -> list[int]:
    """Where the votes of each column go: a class by the policy that made `class` of `label` in this table, or beyond.

    Columns without a class ("unknown", "NF", emotions left out) get places of their own behind the classes.
    """
    of = dict(zip(table["label"], table["class"], strict=True))
    names = [NAMES.get(name, name) for name in FERPLUS_VOTES]
    places = {name: place for place, name in enumerate(classes)}
    return [places.setdefault(of.get(name, name), len(places)) for name in names]
