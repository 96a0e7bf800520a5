import numpy as np
import pandas as pd
import pytest

from mien.cleaning import clean_faces
from mien.cleaning.rules import REASONS
from mien.labels import EMOTIONS
from mien.params import CleanParams, EntropyRule
from mien.reasons import Reason
from tests.cleaning.tables import BLACK, GOLDEN, golden_rows, make_faces, noise

OFF = {"constant": False, "within": False, "conflicts": False, "across": False, "near": False}


def rules(**switched):
    """Params with every rule off but those that are named."""
    return CleanParams(**{**OFF, "max_dropped_share": 1.0, **switched})


def faces_of(*rows, size=12):
    """Faces of (picture, usage, label): a digit is a picture, `0` black, the same digit an identical one, and a
    letter behind it a near twin of it."""
    pictures = noise(10, size).astype(int) // 2
    pictures[0] = 0
    images = [pictures[int(name[0])] + (ord(name[1]) - 90 if len(name) > 1 else 0) % 7 for name, _, _ in rows]
    return make_faces(np.array(images, np.uint8), [usage for _, usage, _ in rows], [label for _, _, label in rows])


def outcome(cleaned):
    """Face -> (reason, twin) of all that was dropped."""
    rows = cleaned.dropped[["face", "reason", "twin"]].itertuples(index=False)
    return {face: (reason, twin) for face, reason, twin in rows}


def test_only_the_constant_images_of_fer2013_go_when_every_other_rule_is_off():
    usages, labels = golden_rows()
    images = noise(len(labels), 6)
    positions = pd.Series(range(len(labels))).groupby([usages, labels])
    for usage, numbers in BLACK.items():
        for label, number in zip(EMOTIONS, numbers, strict=True):
            images[positions.get_group((usage, label))[:number]] = 0
    cleaned = clean_faces(make_faces(images, usages, labels), rules(constant=True))
    assert len(cleaned.kept) == 35_875
    assert cleaned.kept["usage"].value_counts().to_dict() == {
        "Training": 28_698,
        "PublicTest": 3_588,
        "PrivateTest": 3_589,
    }
    assert cleaned.reasons == {**dict.fromkeys(REASONS, 0), "constant": 12}
    assert sum(map(sum, GOLDEN.values())) == len(cleaned) == 35_887


def test_nothing_is_dropped_when_every_rule_is_off():
    cleaned = clean_faces(
        faces_of(("0", "Training", "sad"), ("1", "Training", "sad"), ("1", "Training", "fear")), rules()
    )
    assert len(cleaned.kept) == 3
    assert cleaned.kept["group"].tolist() == [0, 1, 1]


def test_every_face_is_in_exactly_one_table_and_each_keeps_its_columns():
    faces = faces_of(
        ("0", "Training", "sad"), ("1", "Training", "sad"), ("1", "Training", "sad"), ("2", "PublicTest", "fear")
    )
    cleaned = clean_faces(faces, rules(constant=True, within=True))
    both = pd.concat([cleaned.kept, cleaned.dropped]).sort_values("face", ignore_index=True)
    pd.testing.assert_frame_equal(both[faces.table.columns], faces.table)
    assert cleaned.kept.dtypes[["group", "twin_in_training", "entropy"]].tolist() == [np.int32, bool, np.float32]
    assert cleaned.dropped.columns.tolist() == [*cleaned.kept.columns, "reason", "twin"]
    assert cleaned.dropped["twin"].dtype == np.int32


def test_without_the_rule_for_non_faces_nothing_is_scored_and_no_row_is_dropped_as_one():
    cleaned = clean_faces(faces_of(("0", "Training", "sad"), ("1", "Training", "sad")), rules(nonfaces=None))
    assert cleaned.kept["nonface"].isna().all()
    assert cleaned.reasons["not_a_face"] == 0


def test_pictures_that_are_labelled_no_face_neither_teach_what_faces_are_nor_count(monkeypatch):
    learned = []

    def scores(images, rows):
        learned.extend(rows.tolist())
        return np.arange(len(images), dtype=np.float32)

    monkeypatch.setattr("mien.cleaning.nonfaces.nonface_scores", scores)
    labels = ["sad", "no-face", "fear", "sad", "no-face", "no-face"]
    faces = faces_of(*((str(number), "Training", label) for number, label in enumerate(labels)))
    cleaned = clean_faces(faces, rules(nonfaces={"drop_percent": 40.0}))
    assert learned == [0, 2, 3]
    assert outcome(cleaned) == {3: ("not_a_face", -1)}


def test_constant_images_go_from_every_usage():
    faces = faces_of(*(("0", usage, "sad") for usage in GOLDEN), *(("1", usage, "sad") for usage in GOLDEN))
    cleaned = clean_faces(faces, rules(constant=True))
    assert outcome(cleaned) == dict.fromkeys(range(3), ("constant", -1))


@pytest.mark.parametrize(("copy", "near"), [("1", False), ("1b", True)])
def test_inside_training_the_first_of_each_group_stays(copy, near):
    rows = [("2", "Training", "sad"), ("1", "Training", "sad"), (copy, "Training", "sad"), ("1", "Training", "sad")]
    cleaned = clean_faces(faces_of(*rows), rules(within=True, near=near))
    assert outcome(cleaned) == {2: ("duplicate_within", 1), 3: ("duplicate_within", 1)}


def test_near_twins_stay_when_only_identical_images_count():
    rows = [("1", "Training", "sad"), ("1b", "Training", "sad")]
    assert len(clean_faces(faces_of(*rows), rules(within=True)).dropped) == 0
    assert len(clean_faces(faces_of(*rows), rules(within=True, near=True)).dropped) == 1


def test_training_twins_of_both_test_sets_go_and_the_test_sets_stay_whole():
    faces = faces_of(
        ("1", "Training", "sad"),
        ("2", "Training", "sad"),
        ("3b", "Training", "sad"),
        ("1", "PublicTest", "sad"),
        ("2", "PrivateTest", "fear"),
        ("3", "PrivateTest", "sad"),
        ("3", "PublicTest", "sad"),
    )
    cleaned = clean_faces(faces, rules(across=True, near=True))
    assert outcome(cleaned) == {0: ("duplicate_across", 3), 1: ("duplicate_across", 4), 2: ("duplicate_across", 5)}


def test_the_twin_named_is_an_identical_one_where_there_is_one():
    faces = faces_of(("1", "Training", "sad"), ("1b", "PublicTest", "sad"), ("1", "PrivateTest", "sad"))
    assert outcome(clean_faces(faces, rules(across=True, near=True))) == {0: ("duplicate_across", 2)}


def test_twins_that_disagree_go_altogether_and_each_names_a_twin_of_another_label():
    faces = faces_of(*(("1", "Training", label) for label in ("sad", "sad", "fear")), ("2", "Training", "sad"))
    cleaned = clean_faces(faces, rules(conflicts=True, within=True))
    assert outcome(cleaned) == {0: ("label_conflict", 2), 1: ("label_conflict", 2), 2: ("label_conflict", 0)}


def test_a_test_face_of_another_label_is_a_conflict_only_where_it_is_not_already_a_leak():
    rows = [("1", "Training", "sad"), ("1", "PrivateTest", "fear")]
    assert outcome(clean_faces(faces_of(*rows), rules(conflicts=True))) == {0: ("label_conflict", 1)}
    assert outcome(clean_faces(faces_of(*rows), rules(conflicts=True, across=True))) == {0: ("duplicate_across", 1)}


def test_a_face_without_a_label_disagrees_with_nobody():
    faces = faces_of(("1", "Training", ""), ("1", "Training", "sad"))
    assert len(clean_faces(faces, rules(conflicts=True)).dropped) == 0


def test_a_twin_that_was_dropped_before_does_not_count():
    rows = [("1", "Training", "sad"), ("1b", "Training", "sad")]
    faces = faces_of(*rows)
    low = EntropyRule(method="global", drop_percent=50)
    cleaned = clean_faces(faces, rules(within=True, near=True, entropy=low))
    assert len(cleaned.dropped) == 1
    assert cleaned.reasons["low_entropy"] == 1


def ranked_faces(usages):
    """Faces whose entropy rises with their number: the first has one gray value, the n-th n."""
    values = np.arange(16 * 16)
    images = np.stack([(values % (number + 1)).reshape(16, 16) for number in range(len(usages))]).astype(np.uint8)
    return make_faces(images, usages, ["sad"] * len(usages))


@pytest.mark.parametrize("method", ["global", "local"])
@pytest.mark.parametrize(("percent", "dropped"), [(1.0, 0), (10.0, 2), (14.9, 2), (15.0, 3)])
def test_the_lowest_percent_goes_rounded_down(method, percent, dropped):
    low = EntropyRule(method=method, drop_percent=percent)
    cleaned = clean_faces(ranked_faces(["Training"] * 20), rules(entropy=low))
    assert outcome(cleaned) == dict.fromkeys(range(dropped), ("low_entropy", -1))


def test_the_entropy_rule_ranks_and_drops_its_usages_only():
    usages = ["PrivateTest", "Training"] * 10
    faces = ranked_faces(usages)
    low = {"method": "global", "drop_percent": 20.0}
    assert set(outcome(clean_faces(faces, rules(entropy=EntropyRule(**low))))) == {1, 3}
    private = EntropyRule(**low, usages=("PrivateTest",))
    assert set(outcome(clean_faces(faces, rules(entropy=private)))) == {0, 2}


def test_a_constant_image_takes_part_in_the_ranking_and_keeps_its_own_reason():
    low = EntropyRule(method="global", drop_percent=10.0)
    cleaned = clean_faces(ranked_faces(["Training"] * 20), rules(entropy=low, constant=True))
    assert outcome(cleaned) == {0: ("constant", -1), 1: ("low_entropy", -1)}


def test_faces_below_so_many_bits_go():
    low = EntropyRule(method="global", min_bits=2.0)
    cleaned = clean_faces(ranked_faces(["Training"] * 20), rules(entropy=low))
    assert set(outcome(cleaned)) == {0, 1, 2}  # four gray values are two bits, and stay


def test_the_entropy_written_is_the_global_one_without_a_rule_and_else_the_configured_one():
    faces = ranked_faces(["Training"] * 8)
    local = EntropyRule(method="local", min_bits=0.0)
    assert clean_faces(faces, rules()).kept["entropy"][7] == pytest.approx(3.0)
    assert clean_faces(faces, rules(entropy=local)).kept["entropy"][7] < 3.0


def test_twins_in_training_are_marked_among_all_ingested_rows_whatever_is_dropped():
    faces = faces_of(
        ("1", "Training", "sad"), ("1", "PublicTest", "sad"), ("2", "PrivateTest", "sad"), ("1b", "PrivateTest", "sad")
    )
    for params in (rules(), rules(across=True, near=True)):
        marked = clean_faces(faces, params).kept.set_index("face")["twin_in_training"]
        assert marked[[1, 2, 3]].tolist() == [True, False, False]


def test_kept_faces_of_few_bits_are_listed_for_review_lowest_first():
    faces = ranked_faces(["Training"] * 20)
    review = clean_faces(faces, rules()).review
    assert review["face"].tolist() == list(range(1, 15))  # the next has 16 gray values: 4 bits
    assert review["bits"].is_monotonic_increasing


def test_faces_and_images_are_matched_by_number_where_the_table_has_gaps():
    rows = [("0", "Training", "sad"), ("1", "Training", "sad"), ("2", "Training", "sad"), ("1", "Training", "sad")]
    faces = faces_of(*rows)
    gap = type(faces)(faces.table.iloc[1:], faces.images)
    cleaned = clean_faces(gap, rules(constant=True, within=True, near=True))
    assert outcome(cleaned) == {3: ("duplicate_within", 1)}
    assert cleaned.kept["group"].tolist() == [1, 2]


def test_the_order_of_the_rows_does_not_matter():
    rows = [("1", "Training", "sad"), ("2", "Training", "sad"), ("1", "Training", "sad"), ("2", "PublicTest", "sad")]
    faces = faces_of(*rows)
    expected = clean_faces(faces, rules(within=True, across=True))
    shuffled = type(faces)(faces.table.iloc[[2, 0, 3, 1]], faces.images)
    again = clean_faces(shuffled, rules(within=True, across=True))
    pd.testing.assert_frame_equal(again.kept, expected.kept)
    pd.testing.assert_frame_equal(again.dropped, expected.dropped)


def test_the_size_of_groups_is_reported():
    faces = faces_of(*(("1", "Training", "sad"),) * 3, ("2", "Training", "sad"), *(("3", "Training", "sad"),) * 2)
    assert sorted(clean_faces(faces, rules(within=True)).group_sizes) == [2, 3]


def test_every_reason_is_of_the_closed_list():
    assert set(REASONS) < set(Reason)
