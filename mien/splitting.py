"""Who learns, who chooses, who judges: official and stratified splits that keep twins on one side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mien.errors import DataError
from mien.labels import ClassMap, class_map
from mien.params import ClassPolicy, SplitParams
from mien.reasons import Reason

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)


@dataclass(frozen=True)
class Split:
    """The outcome of `split_faces`; every face that came in is in exactly one of the two tables.

    `faces` has the columns that came in and `split` (one of SPLITS), `class` and `class_index` (int16, position in
    `classes`). A face has one row, but for the unsound settings `validation: test` and `test_in_training`, with which
    a test face has one for each of its roles. `excluded` has the columns that came in and `reason`.
    """

    faces: pd.DataFrame
    excluded: pd.DataFrame
    classes: tuple[str, ...]

    @property
    def counts(self) -> pd.DataFrame:
        """Number of faces, splits down (SPLITS), classes across (`classes`)."""
        table = pd.crosstab(self.faces["split"], self.faces["class"])
        return table.reindex(index=list(SPLITS), columns=list(self.classes), fill_value=0)

    @property
    def reasons(self) -> dict[str, int]:
        """Number of excluded faces for each reason that occurs."""
        counts = self.excluded["reason"].value_counts().sort_index()
        return {str(reason): int(count) for reason, count in counts.items()}


def split_faces(kept: pd.DataFrame, params: SplitParams) -> Split:
    """Give each face its class and its side.

    With `twins: apart` no group of twins is ever on two sides: drawn splits draw whole groups, and where sides are
    given a face that repeats one of a later side (train, validation, test) is left out, so that the test set stays
    whole.

    Args:
        kept: kept.parquet of stage `clean`; of its columns `face`, `usage`, `label` and `group` are used, and
            `sha256` and `twin_in_training` where twins may meet.
        params: how to split, and the class policy, which counts all labelled rows.

    Raises:
        DataError: the class policy does not fit the labels, a Usage that is needed has no rows, or a side lacks a
            class.
    """
    table = kept.sort_values("face", ignore_index=True)
    classes = _classes(table["label"], params.classes)
    table = table.assign(split="", reason="", **{"class": table["label"].map(classes.of).fillna("")})
    table.loc[table["class"] == "", "reason"] = Reason.CLASS_POLICY.value
    table.loc[table["label"] == "", "reason"] = Reason.UNLABELED.value
    sides = _sides(table[table["reason"] == ""], params)
    table.loc[sides.index, ["split", "reason"]] = sides
    if params.by == "stratified":
        table["twin_in_training"] = False
    split = _parted(table, classes, params)
    _check_classes(split)
    return split


def _classes(labels: pd.Series, policy: ClassPolicy) -> ClassMap:
    counts = {str(label): int(count) for label, count in labels[labels != ""].value_counts().items()}
    try:
        return class_map(counts, policy.left_out, policy.merge, policy.top_k)
    except ValueError as error:
        raise DataError(f"split.classes in params.yaml does not fit the data: {error}") from error


def _parted(table: pd.DataFrame, classes: ClassMap, params: SplitParams) -> Split:
    used = _with_roles(table[table["reason"] == ""].drop(columns="reason"), params)
    index = used["class"].map({name: at for at, name in enumerate(classes.classes)}).astype(np.int16)
    excluded = table[table["reason"] != ""].drop(columns=["split", "class"]).reset_index(drop=True)
    return Split(used.assign(class_index=index), excluded, classes.classes)


def _with_roles(used: pd.DataFrame, params: SplitParams) -> pd.DataFrame:
    """The faces by `face`, those of the test set once for each of their roles; images that were learned from marked."""
    roles = [VALIDATION] * (params.validation == "test") + [TRAIN] * params.test_in_training
    test = used[used["split"] == TEST]
    faces = pd.concat([used, *(test.assign(split=role) for role in roles)])
    faces = faces.sort_values("face", kind="stable", ignore_index=True)
    if params.twins == "ignored" or params.test_in_training:
        is_learned = faces["sha256"].isin(faces.loc[faces["split"] == TRAIN, "sha256"])
        faces["twin_in_training"] |= (faces["split"] == TEST) & is_learned
    return faces


def _check_classes(split: Split) -> None:
    missing = [
        f"{side} has no {name!r}" for side, row in split.counts.iterrows() for name, count in row.items() if count == 0
    ]
    if missing:
        raise DataError(
            f"every class must occur in train, validation and test: {'; '.join(missing)}. Drop or merge the class in "
            "split.classes, or raise split.validation_share or split.test_share, in params.yaml."
        )


def _sides(rows: pd.DataFrame, params: SplitParams) -> pd.DataFrame:
    """`split` and `reason` of each row; one of the two is ""."""
    chosen = _official(rows, params) if params.by == "official" else _stratified(rows, params)
    if params.validation == "last":
        chosen.loc[_last(chosen.index[chosen["split"] == TRAIN], params.validation_share), "split"] = VALIDATION
    if params.twins == "apart":
        _leave_out_twins(chosen)
    train = chosen[chosen["split"] == TRAIN]
    if params.validation == "auto" and len(train) and not (chosen["split"] == VALIDATION).any():
        chosen.loc[train.index, "split"] = _drawn(train, {VALIDATION: params.validation_share}, params)
    return chosen[["split", "reason"]]


def _official(rows: pd.DataFrame, params: SplitParams) -> pd.DataFrame:
    """The rows with `split` and `reason` by their Usage."""
    test = _test_usage(rows, params.test)
    sides = {"Training": TRAIN, test: TEST}
    if test == "PrivateTest" and params.validation == "auto":
        sides["PublicTest"] = VALIDATION
    chosen = rows.assign(split=rows["usage"].map(sides).fillna(""), reason="")
    chosen.loc[chosen["split"] == "", "reason"] = Reason.UNUSED_USAGE.value
    return chosen


def _last(index: pd.Index, share: float) -> pd.Index:
    """The end of the rows as Keras' `validation_split` takes it."""
    return index[int(len(index) * (1.0 - share)) :]


def _leave_out_twins(chosen: pd.DataFrame) -> None:
    """Take the side from every row that repeats a face of a later side."""
    for later, earlier in ((TEST, [VALIDATION, TRAIN]), (VALIDATION, [TRAIN])):
        groups = chosen.loc[chosen["split"] == later, "group"]
        repeated = chosen["split"].isin(earlier) & chosen["group"].isin(groups)
        chosen.loc[repeated, ["split", "reason"]] = ["", Reason.DUPLICATE_ACROSS.value]


def _test_usage(rows: pd.DataFrame, wanted: str) -> str:
    """The Usage of the test set, after checking that it and Training have rows."""
    counts = {str(usage): int(count) for usage, count in rows["usage"].value_counts().sort_index().items()}
    candidates = ("PrivateTest", "PublicTest") if wanted == "auto" else (wanted,)
    usage = next((name for name in candidates if counts.get(name)), None)
    if usage is None or not counts.get("Training"):
        raise DataError(
            f"an official split needs rows of Training and of {' or '.join(candidates)} (split.test: {wanted}). "
            f"Received: {counts}. Set split.by: stratified in params.yaml to draw the sets from what is there."
        )
    return usage


def _stratified(rows: pd.DataFrame, params: SplitParams) -> pd.DataFrame:
    """The rows with `split` and `reason` (""), drawn from all rows whatever their Usage."""
    shares = {TEST: params.test_share}
    if params.validation == "auto":
        shares[VALIDATION] = params.validation_share
    return rows.assign(split=_drawn(rows, shares, params), reason="")


def _drawn(rows: pd.DataFrame, shares: Mapping[str, float], params: SplitParams) -> pd.Series:
    """The side of each row: for each class `shares` of its rows, the rest to train.

    Groups of twins stay whole unless twins are ignored. A group belongs to the class of its first face. Each class is
    shuffled on its own, and a group goes to the first side with room for it, so that the sizes are exact as long as a
    class has enough faces without a twin.
    """
    if params.twins == "ignored":
        rows = rows.assign(group=rows["face"])
    groups = rows.groupby("group", sort=True).agg(size=("face", "size"), label=("class", "first"))
    generator = np.random.default_rng(params.seed)
    sides = []
    for _, stratum in groups.groupby("label", sort=True):
        shuffled = stratum.loc[generator.permutation(stratum.index)]
        total = int(shuffled["size"].sum())
        wanted = {side: max(1, round(total * share)) for side, share in shares.items()}
        sides.append(pd.Series(list(_filled(shuffled["size"].tolist(), wanted)), index=shuffled.index))
    return rows["group"].map(pd.concat(sides))


def _filled(sizes: list[int], wanted: dict[str, int]) -> Iterator[str]:
    """For each group the first side with room for it, else train."""
    room = dict(wanted)
    for size in sizes:
        side = next((name for name, left in room.items() if size <= left), TRAIN)
        if side in room:
            room[side] -= size
        yield side
