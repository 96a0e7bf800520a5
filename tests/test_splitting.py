import numpy as np
import pandas as pd
import pytest

from mien.errors import DataError, ParamsError
from mien.labels import AFFECTNET, EMOTIONS, NON_EMOTIONS
from mien.params import ClassPolicy, SplitParams, parse_params
from mien.soundness import Soundness, soundness
from mien.splitting import SPLITS, split_faces
from tests.cleaning.tables import BLACK, GOLDEN, golden_rows

CLEANED = {usage: tuple(np.subtract(GOLDEN[usage], BLACK[usage]).tolist()) for usage in GOLDEN}
"""FER2013 without its constant images, as vgg_small's project has it."""


def kept(usages, labels, groups=None):
    """What `split` needs of kept.parquet; without `groups` no face has a twin."""
    faces = np.arange(len(labels), dtype=np.int32)
    own = faces if groups is None else np.asarray(groups, np.int32)
    return pd.DataFrame({"face": faces, "usage": list(usages), "label": list(labels), "group": own})


def kept_of(*rows):
    """From rows of (usage, label, group)."""
    return kept(*zip(*rows, strict=True))


@pytest.fixture(scope="module")
def golden():
    return kept(*golden_rows())


def plenty(per_class=40, usages=("Training",), labels=("angry", "happy", "sad")):
    """Faces without twins, as many of each class in each Usage."""
    rows = [(usage, label) for usage in usages for label in labels for _ in range(per_class)]
    return kept(*zip(*rows, strict=True))


def test_an_official_split_of_fer2013_has_its_published_counts(golden):
    split = split_faces(golden, SplitParams())
    assert split.classes == EMOTIONS
    assert split.counts.to_numpy().tolist() == [list(GOLDEN[usage]) for usage in GOLDEN]
    assert len(split.excluded) == 0


def test_without_the_constant_images_it_has_the_counts_of_the_capstone():
    split = split_faces(kept(*golden_rows(CLEANED)), SplitParams())
    assert split.counts.sum(axis=1).to_dict() == {"train": 28_698, "validation": 3_588, "test": 3_589}
    assert len(split.faces) == 35_875


def test_dropping_disgust_excludes_it_from_every_side(golden):
    split = split_faces(golden, SplitParams(classes=ClassPolicy(drop=("disgust",))))
    assert split.counts.sum(axis=1).to_dict() == {
        "train": 28_709 - 436,
        "validation": 3_589 - 56,
        "test": 3_589 - 55,
    }
    assert split.reasons == {"class_policy": 547}
    assert set(split.excluded["label"]) == {"disgust"}


def test_merging_disgust_into_angry_keeps_every_face(golden):
    split = split_faces(golden, SplitParams(classes=ClassPolicy(merge={"disgust": "angry"})))
    assert split.counts["angry"].to_dict() == {"train": 4_431, "validation": 523, "test": 546}
    assert split.counts.sum(axis=1)["test"] == 3_589
    assert len(split.excluded) == 0


def test_the_three_largest_classes_drawn_anew_have_the_counts_of_the_deep_cnn(golden):
    split = split_faces(golden, SplitParams(by="stratified", classes=ClassPolicy(top_k=3)))
    assert split.classes == ("happy", "sad", "neutral")
    assert split.counts.sum().to_dict() == {"happy": 8_989, "sad": 6_077, "neutral": 6_198}
    assert split.counts.sum(axis=1)["test"] == 2_127
    assert split.reasons == {"class_policy": 35_887 - 21_264}


def test_a_stratified_split_gives_every_class_the_same_shares(golden):
    params = SplitParams(by="stratified", validation_share=0.2, test_share=0.1)
    counts = split_faces(golden, params).counts
    assert counts.loc["test"].tolist() == [round(0.1 * total) for total in counts.sum()]
    assert counts.loc["validation"].tolist() == [round(0.2 * total) for total in counts.sum()]


def test_every_row_is_used_or_excluded_and_keeps_its_columns(golden):
    split = split_faces(golden, SplitParams(classes=ClassPolicy(top_k=3)))
    both = pd.concat([split.faces, split.excluded])[golden.columns].sort_values("face", ignore_index=True)
    pd.testing.assert_frame_equal(both, golden)
    assert split.faces.columns.tolist() == [*golden.columns, "split", "class", "class_index"]
    assert split.excluded.columns.tolist() == [*golden.columns, "reason"]
    assert split.faces["class_index"].dtype == np.int16
    assert [split.classes[index] for index in split.faces["class_index"]] == split.faces["class"].tolist()


def test_the_seed_alone_decides_the_draw():
    rows = plenty()
    params = SplitParams(by="stratified")
    drawn = split_faces(rows, params).faces
    pd.testing.assert_frame_equal(split_faces(rows.sample(frac=1, random_state=3), params).faces, drawn)
    assert (split_faces(rows, SplitParams(by="stratified", seed=7)).faces["split"] != drawn["split"]).any()


def sides_of_groups(split):
    return split.faces.groupby("group")["split"].nunique()


def twins(rows, rate=3):
    """The same rows, about a third of them twins of another one somewhere."""
    generator = np.random.default_rng(0)
    groups = rows["face"].to_numpy().copy()
    chosen = generator.choice(len(rows), len(rows) // rate, replace=False)
    groups[chosen] = np.sort(chosen)[generator.integers(0, len(chosen), len(chosen))]
    smallest = pd.Series(groups).groupby(groups).transform(lambda group: group.index.min())
    return rows.assign(group=smallest.astype(np.int32))


@pytest.mark.parametrize("by", ["official", "stratified"])
@pytest.mark.parametrize("usages", [tuple(GOLDEN), ("Training", "PublicTest")])
def test_no_group_of_twins_is_on_two_sides(by, usages):
    rows = twins(plenty(80, usages))
    assert rows["group"].duplicated().sum() > 40
    split = split_faces(rows, SplitParams(by=by))
    assert sides_of_groups(split).max() == 1
    assert len(split.faces) + len(split.excluded) == len(rows)
    assert set(split.faces["split"]) == set(SPLITS)


def test_a_test_face_of_a_drawn_split_has_no_twin_in_train_whatever_its_usage_had():
    rows = plenty().assign(twin_in_training=True)
    assert not split_faces(rows, SplitParams(by="stratified")).faces["twin_in_training"].any()


def test_a_drawn_set_takes_whole_groups_and_still_has_its_size():
    rows = twins(plenty(100))
    split = split_faces(rows, SplitParams(by="stratified", test_share=0.2, validation_share=0.1))
    assert len(split.excluded) == 0
    assert split.counts.sum(axis=1)["test"] == pytest.approx(60, abs=3)
    assert split.counts.sum(axis=1)["validation"] == pytest.approx(30, abs=3)


def test_a_group_larger_than_a_set_stays_in_train():
    rows = plenty(40)
    rows.loc[rows.index[:20], "group"] = 0
    for seed in range(20):
        split = split_faces(rows, SplitParams(by="stratified", seed=seed))
        assert set(split.faces.loc[split.faces["group"] == 0, "split"]) == {"train"}
        assert split.counts.sum(axis=1)["test"] == 12


def with_twins(*pairs):
    """An official data set in which face `first` of a Usage is a twin of face `first` of another."""
    rows = plenty(5, tuple(GOLDEN))
    for one, other in pairs:
        groups = rows.groupby("usage")["group"].first()
        rows.loc[rows.index[rows["usage"] == other][0], "group"] = groups[one]
    return rows


def test_the_official_test_set_stays_whole_and_its_twins_leave_the_other_sides():
    split = split_faces(with_twins(("Training", "PublicTest"), ("Training", "PrivateTest")), SplitParams())
    assert split.counts.sum(axis=1).to_dict() == {"train": 14, "validation": 14, "test": 15}
    assert split.excluded["usage"].tolist() == ["Training", "PublicTest"]
    assert split.reasons == {"duplicate_across": 2}


def test_a_training_twin_of_a_validation_face_is_excluded_and_the_validation_set_whole():
    split = split_faces(with_twins(("Training", "PublicTest")), SplitParams())
    assert split.counts.sum(axis=1).to_dict() == {"train": 14, "validation": 15, "test": 15}


def test_a_twin_of_a_face_that_the_class_policy_leaves_out_is_no_leak():
    rows = with_twins(("Training", "PrivateTest"))
    rows.loc[rows.index[rows["usage"] == "PrivateTest"][0], "label"] = "disgust"
    split = split_faces(rows, SplitParams(classes=ClassPolicy(drop=("disgust",))))
    assert split.reasons == {"class_policy": 1}


def test_publictest_judges_where_there_is_no_privatetest_and_validation_is_drawn_from_training():
    split = split_faces(plenty(40, ("Training", "PublicTest")), SplitParams(validation_share=0.25))
    assert split.counts.loc["train"].tolist() == [30, 30, 30]
    assert split.counts.loc["validation"].tolist() == [10, 10, 10]
    assert set(split.faces.loc[split.faces["split"] == "validation", "usage"]) == {"Training"}
    assert set(split.faces.loc[split.faces["split"] == "test", "usage"]) == {"PublicTest"}


def test_privatetest_is_set_aside_where_publictest_is_chosen_to_judge():
    split = split_faces(plenty(40, tuple(GOLDEN)), SplitParams(test="PublicTest"))
    assert split.reasons == {"unused_usage": 120}
    assert set(split.excluded["usage"]) == {"PrivateTest"}
    assert split.counts.sum(axis=1).to_dict() == {"train": 108, "validation": 12, "test": 120}


def test_validation_is_drawn_where_only_publictest_is_missing():
    split = split_faces(plenty(40, ("Training", "PrivateTest")), SplitParams())
    assert split.counts.sum(axis=1).to_dict() == {"train": 108, "validation": 12, "test": 120}


def test_training_rows_alone_cannot_be_split_officially():
    with pytest.raises(DataError, match="split.by: stratified") as caught:
        split_faces(plenty(), SplitParams())
    assert "{'Training': 120}" in str(caught.value)
    assert len(split_faces(plenty(), SplitParams(by="stratified")).faces) == 120


def test_a_test_set_that_is_asked_for_and_not_there_is_an_error():
    with pytest.raises(DataError, match=r"of PrivateTest \(split.test: PrivateTest\)"):
        split_faces(plenty(5, ("Training", "PublicTest")), SplitParams(test="PrivateTest"))


def test_faces_without_a_label_are_excluded_as_such():
    rows = plenty(20, tuple(GOLDEN))
    rows.loc[[0, 25, 70], "label"] = ""
    split = split_faces(rows, SplitParams())
    assert split.reasons == {"unlabeled": 3}
    assert split.excluded["face"].tolist() == [0, 25, 70]


def test_a_class_that_one_side_lacks_is_named():
    rows = plenty(20, tuple(GOLDEN))
    rows = rows[(rows["usage"] != "PrivateTest") | (rows["label"] != "sad")]
    with pytest.raises(DataError, match="test has no 'sad'"):
        split_faces(rows, SplitParams())


def test_every_training_face_being_a_twin_of_a_test_face_is_an_error_about_classes():
    rows = kept_of(
        *(("Training", label, at) for at, label in enumerate(["sad", "happy"])),
        *(("PrivateTest", label, at) for at, label in enumerate(["sad", "happy"])),
    )
    with pytest.raises(DataError, match="train has no"):
        split_faces(rows, SplitParams())


def test_a_small_class_still_has_a_face_on_every_side_of_a_draw():
    rows = pd.concat([plenty(40), plenty(3, labels=("disgust",))], ignore_index=True)
    rows["face"] = rows["group"] = np.arange(len(rows), dtype=np.int32)
    assert split_faces(rows, SplitParams(by="stratified")).counts["disgust"].tolist() == [1, 1, 1]


def test_a_class_policy_that_does_not_fit_names_its_place_in_params():
    with pytest.raises(DataError, match="split.classes in params.yaml.*hapy"):
        split_faces(plenty(), SplitParams(by="stratified", classes=ClassPolicy(drop=("hapy",))))


@pytest.fixture(scope="module")
def affectnet():
    return plenty(20, usages=("Training", "PublicTest"), labels=tuple(AFFECTNET.codes.values()))


@pytest.mark.parametrize(
    ("policy", "classes"),
    [
        ({}, (*EMOTIONS, "contempt")),
        ({"drop": ("contempt",)}, EMOTIONS),
        ({"non_emotions": "keep"}, (*EMOTIONS, "contempt", "no-face", "none", "uncertain")),
        ({"non_emotions": "keep", "drop": ("no-face",)}, (*EMOTIONS, "contempt", "none", "uncertain")),
        ({"non_emotions": "keep", "merge": {"uncertain": "none", "no-face": "none"}}, (*EMOTIONS, "contempt", "none")),
    ],
    ids=["eight", "seven", "eleven", "ten", "nine"],
)
def test_affectnet_has_the_classes_that_the_policy_says(affectnet, policy, classes):
    split = split_faces(affectnet, SplitParams(classes=ClassPolicy(**policy)))
    assert split.classes == classes
    assert split.reasons.get("class_policy", 0) == sum(
        20 * 2 for label in AFFECTNET.codes.values() if label not in classes and label not in policy.get("merge", {})
    )


def test_what_is_no_emotion_is_never_neutral(affectnet):
    split = split_faces(affectnet, SplitParams())
    assert set(split.faces.loc[split.faces["class"] == "neutral", "label"]) == {"neutral"}
    assert set(split.excluded["label"]) == set(NON_EMOTIONS)


@pytest.mark.parametrize("label", NON_EMOTIONS)
def test_merging_what_is_no_emotion_into_one_is_refused(label):
    with pytest.raises(ParamsError, match=rf"split.classes.merge.*{label}.*must not become 'neutral'"):
        parse_params({"split": {"classes": {"merge": {label: "neutral"}}}})


def unsound(rows, **settings):
    """The split of rows as kept.parquet has them, twins with the same image."""
    images = rows["group"].map("{:064x}".format)
    trained = set(images[rows["usage"] == "Training"])
    leaked = (rows["usage"] != "Training") & images.isin(trained)
    return split_faces(rows.assign(sha256=images, twin_in_training=leaked), SplitParams(**settings))


def test_twins_that_are_ignored_stay_where_they_are_and_their_test_faces_are_not_clean():
    rows = with_twins(("Training", "PublicTest"), ("Training", "PrivateTest"))
    split = unsound(rows, twins="ignored")
    assert split.counts.sum(axis=1).to_dict() == {"train": 15, "validation": 15, "test": 15}
    assert soundness(split.faces) == Soundness(15, twins_in_training=1, twins_in_validation=1)
    test = split.faces[split.faces["split"] == "test"]
    assert test["twin_in_training"].tolist() == [True] + [False] * 14


def test_pooled_rows_whose_test_faces_choose_are_the_protocol_of_the_deep_cnn(golden):
    settings = {"by": "stratified", "validation": "test", "twins": "ignored", "classes": ClassPolicy(top_k=3)}
    split = unsound(twins(golden, rate=20), **settings)
    assert split.counts.sum(axis=1).to_dict() == {"train": 19_137, "validation": 2_127, "test": 2_127}
    found = soundness(split.faces)
    assert (found.test_in_validation, found.test_in_training) == (2_127, 0)
    test = split.faces[split.faces["split"] == "test"]
    assert 0 < found.twins_in_training == test["twin_in_training"].sum()
    assert not split.faces.loc[split.faces["split"] == "validation", "twin_in_training"].any()


def test_the_last_rows_unshuffled_choose_and_publictest_is_set_aside():
    rows = plenty(40, tuple(GOLDEN)).sample(frac=1, random_state=5).assign(face=np.arange(360, dtype=np.int32))
    split = unsound(rows.assign(group=rows["face"]), validation="last", validation_share=0.25)
    training = rows.loc[rows["usage"] == "Training", "face"].to_numpy()
    assert split.faces.loc[split.faces["split"] == "train", "face"].tolist() == training[:90].tolist()
    assert split.faces.loc[split.faces["split"] == "validation", "face"].tolist() == training[90:].tolist()
    assert split.reasons == {"unused_usage": 120}
    assert soundness(split.faces).sound


def test_no_twin_of_the_last_rows_stays_in_training_where_twins_are_kept_apart():
    rows = plenty(40, ("Training", "PrivateTest")).sample(frac=1, random_state=5).assign(face=np.arange(240))
    rows = twins(rows.assign(group=rows["face"]).reset_index(drop=True))
    split = unsound(rows, validation="last")
    assert sides_of_groups(split).max() == 1
    assert soundness(split.faces).sound
    assert len(split.faces) + len(split.excluded) == len(rows)


def test_test_faces_in_training_have_a_row_for_each_role_and_none_of_them_is_clean():
    rows = plenty(10, tuple(GOLDEN))
    split = unsound(rows, test_in_training=True)
    assert split.counts.sum(axis=1).to_dict() == {"train": 60, "validation": 30, "test": 30}
    assert soundness(split.faces) == Soundness(30, test_in_training=30)
    assert split.faces.loc[split.faces["split"] == "test", "twin_in_training"].all()
    assert split.faces["face"].nunique() + len(split.excluded) == len(rows)
    assert split.faces["face"].is_monotonic_increasing
