"""The rules of stage `clean`: each names the faces that it drops, and for each of them its twin."""

from collections.abc import Callable, Sized
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mien.cleaning import judges
from mien.cleaning.doubt import Doubts, Judge, doubt, no_doubts
from mien.cleaning.duplicates import Pairs, near_pairs, twin_groups
from mien.cleaning.entropy import constant, entropy, global_entropy
from mien.datasets.table import Faces
from mien.labels import NO_FACE
from mien.params import CleanParams, EntropyRule, NonfaceRule
from mien.reasons import Reason

NO_TWIN = -1
TRAINING = "Training"

REVIEW_BITS = (0.5, 4.0)
"""Histogram entropy of faces worth a look: placeholders, text, cut-outs on plain ground (but some real faces)."""

REASONS = (
    Reason.CONSTANT,
    Reason.LOW_ENTROPY,
    Reason.NOT_A_FACE,
    Reason.DUPLICATE_ACROSS,
    Reason.LABEL_CONFLICT,
    Reason.DUPLICATE_WITHIN,
    Reason.DOUBTFUL_LABEL,
)
"""In the order in which the rules are asked; a face keeps the first reason that it gets."""

Rule = Callable[[pd.DataFrame], pd.Series]
"""From the table so far to the twins (`face`, or NO_TWIN) of the rows to drop, under the index of these rows."""


@dataclass(frozen=True)
class Cleaned:
    """The outcome of `clean_faces`; every face that came in is in exactly one of the two tables.

    `kept` has the columns of faces.parquet and `group` (int32, smallest `face` of its group of twins),
    `twin_in_training` (bool: a row of a test set whose very image is among all the Training rows), `entropy`
    (float32, bits per pixel) and `nonface` (float32, higher: less like a face; NaN where that rule is off or has too
    few rows to drop one). `dropped` has
    `reason` and `twin` (int32 face, -1: none) as well. `review` are the rows of `kept` whose histogram entropy, here
    the column `bits`, lies within REVIEW_BITS, the lowest first; `near` are the pairs of near twins by position;
    `doubts` are the Training labels that were judged.
    """

    kept: pd.DataFrame
    dropped: pd.DataFrame
    review: pd.DataFrame
    near: Pairs
    doubts: Doubts

    def __len__(self) -> int:
        return len(self.kept) + len(self.dropped)

    @property
    def reasons(self) -> dict[str, int]:
        """Number of dropped faces for each of REASONS, 0 included."""
        counts = self.dropped["reason"].value_counts()
        return {reason.value: int(counts.get(reason, 0)) for reason in REASONS}

    @property
    def group_sizes(self) -> np.ndarray:
        """Sizes of the groups of two and more, over all faces that came in."""
        groups = pd.concat([self.kept["group"], self.dropped["group"]]).value_counts().to_numpy()
        sizes: np.ndarray = groups[groups > 1]
        return sizes


def clean_faces(faces: Faces, params: CleanParams, judge: Judge = judges.judge) -> Cleaned:
    """Drop faces without information, pictures without a face, and twins: of test faces, that disagree, that repeat.

    The rules are asked in the order of REASONS, and each looks at the faces that the ones before have left. The test
    sets stay whole but for constant images (and rules by rank that name their Usage). `judge` makes the models that
    judge labels, where `params` want that.
    """
    table = faces.table.sort_values("face", ignore_index=True)
    images = faces.images if _is_all(table, faces.images) else faces.images[table["face"]]
    bits = global_entropy(images)
    near = _near(table, images, params)
    table = _measured(table, images, bits, near, params)
    table = _judged(table, params).drop(columns="constant")
    doubts = _doubts(table, images, params, judge)
    _drop_doubtful(table, doubts)
    is_kept = table["reason"] == ""
    kept = table[is_kept].drop(columns=["reason", "twin"])
    dropped = table[~is_kept].reset_index(drop=True)
    return Cleaned(kept.reset_index(drop=True), dropped, _review(kept, bits), near, doubts)


def _review(kept: pd.DataFrame, bits: np.ndarray) -> pd.DataFrame:
    low, high = REVIEW_BITS
    table = kept.assign(bits=bits[kept.index])
    within = table[(table["bits"] >= low) & (table["bits"] < high)]
    return within.sort_values(["bits", "face"], ignore_index=True)


def _is_all(table: pd.DataFrame, images: np.ndarray) -> bool:
    """Whether row and image agree by position, so that the images need not be copied out of their file."""
    return len(table) == len(images) and bool((table["face"].to_numpy() == np.arange(len(images))).all())


def _near(table: pd.DataFrame, images: np.ndarray, params: CleanParams) -> Pairs:
    """Near twins among the distinct images, by position in `table`."""
    distinct = np.flatnonzero(~table["sha256"].duplicated().to_numpy())
    return near_pairs(images, params.near_threshold, distinct if params.near else distinct[:0])


def _measured(
    table: pd.DataFrame, images: np.ndarray, bits: np.ndarray, near: Pairs, params: CleanParams
) -> pd.DataFrame:
    """The table with what the rules judge by."""
    groups = twin_groups(table["sha256"].to_numpy(), near)
    trained = table.loc[table["usage"] == TRAINING, "sha256"]
    by_histogram = params.entropy is None or params.entropy.method == "global"
    return table.assign(
        group=table["face"].to_numpy()[groups].astype(np.int32),
        twin_in_training=(table["usage"] != TRAINING) & table["sha256"].isin(trained),
        entropy=bits if by_histogram else entropy(images, "local"),
        nonface=np.float32(np.nan) if params.nonfaces is None else _nonface(table, images, params.nonfaces),
        constant=constant(images),
    )


def _nonface(table: pd.DataFrame, images: np.ndarray, rule: NonfaceRule) -> np.ndarray:
    """By what the rows of the rule's Usages look like; nobody looks where there are too few to drop one."""
    ranked = np.flatnonzero(_may_be_faces(table, rule))
    if not _count(ranked, rule):
        return np.full(len(table), np.nan, np.float32)
    from mien.cleaning.nonfaces import nonface_scores  # scikit-learn, which only this rule needs

    return nonface_scores(images, ranked)


def _judged(table: pd.DataFrame, params: CleanParams) -> pd.DataFrame:
    """The table with `reason` ("": kept) and `twin`."""
    table = table.assign(reason="", twin=np.int32(NO_TWIN))
    for reason, rule in _rules(params):
        twins = rule(table)
        twins = twins[table.loc[twins.index, "reason"] == ""]
        table.loc[twins.index, "reason"] = reason.value
        table.loc[twins.index, "twin"] = twins.astype(np.int32)
    return table


def _rules(params: CleanParams) -> list[tuple[Reason, Rule]]:
    """The rules that are switched on, in the order of REASONS."""
    switched: list[tuple[bool, Reason, Rule]] = [
        (params.constant, Reason.CONSTANT, _constant),
        (params.across, Reason.DUPLICATE_ACROSS, _across),
        (params.conflicts, Reason.LABEL_CONFLICT, _conflicts),
        (params.within, Reason.DUPLICATE_WITHIN, _within),
    ]
    rules = [(reason, rule) for on, reason, rule in switched if on]
    if params.entropy is not None:
        limits = params.entropy
        rules.append((Reason.LOW_ENTROPY, lambda table: _low_entropy(table, limits)))
    if params.nonfaces is not None:
        least = params.nonfaces
        rules.append((Reason.NOT_A_FACE, lambda table: _not_a_face(table, least)))
    return sorted(rules, key=lambda pair: REASONS.index(pair[0]))


def _constant(table: pd.DataFrame) -> pd.Series:
    return _without_twin(table.index[table["constant"]])


def _low_entropy(table: pd.DataFrame, rule: EntropyRule) -> pd.Series:
    """By rank among all rows of the rule's Usages, constant ones included as in blog_cnn's post; or below a limit."""
    ranked = table[table["usage"].isin(rule.usages)].sort_values(["entropy", "face"])
    if rule.drop_percent is None:
        return _without_twin(ranked.index[ranked["entropy"] < rule.min_bits])
    return _without_twin(ranked.index[: int(len(ranked) * rule.drop_percent / 100)])


def _not_a_face(table: pd.DataFrame, rule: NonfaceRule) -> pd.Series:
    """By rank among all rows of the rule's Usages, those included that an earlier rule drops."""
    ranked = table[_may_be_faces(table, rule)].sort_values(["nonface", "face"], ascending=[False, True])
    return _without_twin(ranked.index[: _count(ranked, rule)])


def _may_be_faces(table: pd.DataFrame, rule: NonfaceRule) -> pd.Series:
    """Rows of the rule's Usages, but for those whose label says that there is no face (a fifth of AffectNet)."""
    faces: pd.Series = table["usage"].isin(rule.usages) & (table["label"] != NO_FACE)
    return faces


def _count(ranked: Sized, rule: NonfaceRule) -> int:
    return int(len(ranked) * rule.drop_percent / 100)


def _across(table: pd.DataFrame) -> pd.Series:
    """Training faces with a twin in a test set; the twin named is an identical one where there is one."""
    left = _left(table)
    training, tests = left[left["usage"] == TRAINING], left[left["usage"] != TRAINING]
    near = training["group"].map(tests.groupby("group")["face"].min())
    exact = training["sha256"].map(tests.groupby("sha256")["face"].min())
    return exact.fillna(near).dropna()


def _conflicts(table: pd.DataFrame) -> pd.Series:
    """Training faces of groups with more than one label, in whatever Usage; the twin is one of another label."""
    left = _left(table)
    labelled = left[left["label"] != ""]
    first = labelled.drop_duplicates("group").set_index("group")[["face", "label"]]
    others = labelled[labelled["label"] != labelled["group"].map(first["label"])]
    other = others.groupby("group")["face"].min()
    rows = left[(left["usage"] == TRAINING) & left["group"].isin(other.index)]
    agrees = rows["label"] == rows["group"].map(first["label"])
    return rows["group"].map(first["face"]).where(~agrees, rows["group"].map(other))


def _within(table: pd.DataFrame) -> pd.Series:
    """Training faces with an earlier twin in Training; the twin is the one that stays."""
    training = _left(table)[lambda left: left["usage"] == TRAINING]
    kept = training.groupby("group")["face"].transform("min")
    repeated: pd.Series = kept[kept != training["face"]]
    return repeated


def _doubts(table: pd.DataFrame, images: np.ndarray, params: CleanParams, judge: Judge) -> Doubts:
    """Of the labelled Training faces that all rules have left."""
    if params.doubtful_labels is None:
        return no_doubts()
    left = _left(table)
    rows = left[(left["usage"] == TRAINING) & (left["label"] != "")]
    return doubt(images, rows, params.doubtful_labels, judge)


def _drop_doubtful(table: pd.DataFrame, doubts: Doubts) -> None:
    faces = doubts.table.loc[doubts.table["dropped"], "face"]
    table.loc[table["face"].isin(faces), "reason"] = Reason.DOUBTFUL_LABEL.value


def _left(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["reason"] == ""]


def _without_twin(index: pd.Index) -> pd.Series:
    return pd.Series(NO_TWIN, index=index, dtype=np.int32)
