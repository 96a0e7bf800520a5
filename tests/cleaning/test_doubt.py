import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from mien.cleaning import clean_faces
from mien.cleaning.doubt import COLUMNS, doubt
from mien.errors import DataError
from mien.params import CleanParams, DoubtfulLabels
from tests.cleaning.tables import make_faces

LABELS = ("angry", "happy", "sad")


def nearest(images, codes, folds, classes, params):
    """A judge without a network: the label whose mean picture, of the faces seen, is nearest."""
    flat = images.reshape(len(images), -1).astype(float)
    probabilities = np.zeros((len(codes), classes))
    for seen, unseen in folds:
        means = np.stack([flat[seen][codes[seen] == code].mean(axis=0) for code in range(classes)])
        distances = np.square(flat[unseen, None] - means).mean(axis=2)
        likelihoods = np.exp(-(distances - distances.min(axis=1, keepdims=True)) / 500)
        probabilities[unseen] = likelihoods / likelihoods.sum(axis=1, keepdims=True)
    return probabilities


def planted(count=120, wrong=6, usages=None):
    """Faces of three labels that differ in brightness, and which of them have a wrong one."""
    generator = np.random.default_rng(3)
    codes = np.arange(count) % len(LABELS)
    images = (50 + 60 * codes[:, None, None] + generator.normal(0, 12, (count, 8, 8))).astype(np.uint8)
    rows = generator.choice(count, wrong, replace=False)
    codes[rows] = (codes[rows] + 1) % len(LABELS)
    labels = [LABELS[code] for code in codes]
    return make_faces(images, usages or ["Training"] * count, labels), set(rows.tolist())


def cleaned(faces, judge=nearest, **rule):
    return clean_faces(faces, CleanParams(near=False, doubtful_labels=DoubtfulLabels(**rule)), judge)


def test_planted_labels_are_the_least_believed_and_are_dropped():
    faces, wrong = planted()
    result = cleaned(faces, drop_percent=5.0)
    assert set(result.dropped["face"]) == wrong
    assert set(result.dropped["reason"]) == {"doubtful_label"}
    assert set(result.dropped["twin"]) == {-1}
    assert set(result.doubts.table.head(6)["face"]) == wrong
    assert result.doubts.wrong == 6


def test_the_table_names_a_better_label_and_what_the_given_one_is_worth():
    faces, wrong = planted()
    table = cleaned(faces).doubts.table
    assert tuple(table.columns) == COLUMNS
    assert table["rank"].tolist() == list(range(1, 121))
    assert table["score"].is_monotonic_increasing
    right = {face: LABELS[face % 3] for face in wrong}
    assert table.head(6).set_index("face")["suggested"].to_dict() == right
    assert cleaned(faces).doubts.believed == pytest.approx(114 / 120)


def test_with_zero_percent_labels_are_reported_and_none_is_dropped():
    faces, _ = planted()
    result = cleaned(faces, drop_percent=0.0)
    assert len(result.doubts.table) == 120
    assert not result.doubts.table["dropped"].any()
    assert len(result.dropped) == 0


def test_switched_off_no_judge_is_asked_and_the_table_is_empty():
    def judge(*_):
        raise AssertionError

    result = clean_faces(planted()[0], CleanParams(near=False), judge)
    assert len(result.doubts.table) == 0
    assert tuple(result.doubts.table.columns) == COLUMNS
    assert len(result.kept) == 120


def test_every_face_is_kept_or_dropped_whatever_the_share():
    faces, _ = planted()
    for percent in (0.0, 3.0, 20.0, 49.0):
        result = cleaned(faces, drop_percent=percent)
        assert len(result.kept) + len(result.dropped) == 120
        assert len(result.dropped) == int(120 * percent / 100)
        assert result.doubts.table["dropped"].sum() == len(result.dropped)


def test_only_training_faces_with_a_label_are_judged_and_others_teach_nothing():
    faces, _ = planted(usages=["Training"] * 90 + ["PublicTest"] * 15 + ["PrivateTest"] * 15)
    faces.table.loc[:4, "label"] = ""
    seen = []

    def judge(images, codes, folds, classes, params):
        seen.append(images)
        return nearest(images, codes, folds, classes, params)

    result = cleaned(faces, judge, drop_percent=10.0)
    assert set(result.doubts.table["face"]) == set(range(5, 90))
    assert seen[0].mean(axis=(1, 2)) == pytest.approx(faces.images[5:90].mean(axis=(1, 2)), abs=2)
    assert set(result.dropped["usage"]) == {"Training"}


def test_faces_that_another_rule_has_dropped_are_not_judged():
    faces, _ = planted()
    faces.images[10] = 7
    assert 10 not in set(cleaned(faces).doubts.table["face"])


def test_twins_never_lie_on_two_sides_of_a_fold():
    faces, _ = planted(wrong=0)
    groups = np.arange(120) // 6
    asked = []

    def judge(images, codes, folds, classes, params):
        asked.extend(folds)
        return nearest(images, codes, folds, classes, params)

    rows = faces.table.assign(group=groups)
    doubt(faces.images, rows, DoubtfulLabels(), judge)
    assert len(asked) == 5
    assert sorted(np.concatenate([unseen for _, unseen in asked])) == list(range(120))
    for seen, unseen in asked:
        assert not set(groups[seen]) & set(groups[unseen])


def test_at_most_half_of_a_label_is_dropped_and_others_take_the_place():
    faces, _ = planted(wrong=0)

    def judge(images, codes, folds, classes, params):
        doubted = np.where(codes == 0, 0.1, 0.9)  # the first label is believed of nobody
        probabilities = np.zeros((len(codes), classes))
        probabilities[np.arange(len(codes)), codes] = doubted
        probabilities[np.arange(len(codes)), (codes + 1) % classes] = 1 - doubted
        return probabilities

    result = cleaned(faces, judge, drop_percent=25.0)
    assert len(result.dropped) == 30
    assert (result.dropped["label"] == "angry").sum() == 20


def test_the_order_of_the_rows_does_not_matter():
    faces, _ = planted()
    shuffled = type(faces)(faces.table.sample(frac=1, random_state=1), faces.images)
    pd.testing.assert_frame_equal(cleaned(shuffled).doubts.table, cleaned(faces).doubts.table)


def test_a_label_with_fewer_faces_than_folds_is_named_with_what_to_do():
    faces, _ = planted()
    faces.table.loc[:2, "label"] = "fear"
    message = r"'fear' has 3 Training faces \(twins are counted once\), fewer than the 5 folds.*folds.*null"
    with pytest.raises(DataError, match=message):
        cleaned(faces)


def test_twins_do_not_make_up_for_faces_that_a_label_lacks():
    faces, _ = planted()
    faces.table.loc[:19, "label"] = "fear"
    face = faces.table["face"]
    rows = faces.table.assign(group=face.where(face >= 20, face % 4))
    with pytest.raises(DataError, match="'fear' has 4 Training faces"):
        doubt(faces.images, rows, DoubtfulLabels(), nearest)


def test_the_rules_are_there_without_waiting_for_scikit_learn():
    code = "import sys, mien.cleaning; print(sorted({'sklearn', 'cleanlab'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_single_label_cannot_be_doubted():
    faces, _ = planted()
    faces.table["label"] = "sad"
    with pytest.raises(DataError, match="120 .*, all of one label"):
        cleaned(faces)
