import pytest

from mien.labels import AFFECTNET, EMOTIONS, FER2013, FERPLUS_VOTES, LABEL_SPACES, NAMES, class_map

TOTALS = dict(zip(EMOTIONS, (4953, 547, 5121, 8989, 6077, 4002, 6198), strict=True))
"""Faces of each emotion in FER2013."""


def sizes(policy):
    """Faces in each class of `policy`."""
    counts = dict.fromkeys(policy.classes, 0)
    for label, count in TOTALS.items():
        if policy.of[label] is not None:
            counts[policy.of[label]] += count
    return counts


def test_codes_mean_what_their_source_says():
    assert FER2013.label(0) == AFFECTNET.label(6) == "angry"
    assert FER2013.label(6) == AFFECTNET.label(0) == "neutral"
    assert [AFFECTNET.label(code) for code in range(7, 11)] == ["contempt", "none", "uncertain", "no-face"]
    assert set(LABEL_SPACES) == {"fer2013", "affectnet"}


def test_a_code_outside_its_space_is_refused():
    with pytest.raises(KeyError):
        FER2013.label(7)


def test_every_spelling_leads_to_a_label():
    assert set(NAMES.values()) == {*EMOTIONS, "contempt"}
    assert all(name == name.lower() for name in NAMES)
    assert len(FERPLUS_VOTES) == 10


def test_all_seven_emotions_are_kept_in_their_order_without_a_policy():
    policy = class_map(TOTALS)
    assert policy.classes == EMOTIONS
    assert sizes(policy) == TOTALS
    assert sum(sizes(policy).values()) == 35_887


def test_dropping_disgust_leaves_six_classes_as_in_the_blog():
    policy = class_map(TOTALS, drop=["disgust"])
    assert policy.classes == ("angry", "fear", "happy", "sad", "surprise", "neutral")
    assert policy.index("disgust") is None
    assert sum(sizes(policy).values()) == 35_887 - 547


def test_merging_disgust_into_angry_keeps_every_face():
    policy = class_map(TOTALS, merge={"disgust": "angry"})
    assert policy.classes == ("angry", "fear", "happy", "sad", "surprise", "neutral")
    assert sizes(policy)["angry"] == 5_500
    assert policy.index("disgust") == policy.index("angry") == 0
    assert sum(sizes(policy).values()) == 35_887


def test_the_three_largest_classes_are_happy_sad_and_neutral_in_the_order_of_emotions():
    policy = class_map(TOTALS, top_k=3)
    assert policy.classes == ("happy", "sad", "neutral")
    assert sizes(policy) == {"happy": 8_989, "sad": 6_077, "neutral": 6_198}


def test_merging_comes_before_dropping_and_dropping_before_the_largest():
    assert class_map(TOTALS, merge={"disgust": "angry"}, drop=["happy"], top_k=3).classes == ("angry", "sad", "neutral")
    assert class_map(TOTALS, merge={"disgust": "angry"}, drop=["angry"]).of["disgust"] is None


def test_equally_large_classes_are_taken_in_the_order_of_emotions():
    assert class_map(dict.fromkeys(EMOTIONS, 5), top_k=2).classes == ("angry", "disgust")


def test_labels_without_a_face_are_no_classes():
    assert class_map({**TOTALS, "disgust": 0}).classes == tuple(name for name in EMOTIONS if name != "disgust")
    assert class_map({**TOTALS, "disgust": 0}, drop=["disgust"]).classes[1] == "fear"


def test_labels_beyond_the_seven_come_behind_by_the_alphabet():
    assert class_map({"none": 3, "contempt": 2, "happy": 9}).classes == ("happy", "contempt", "none")


@pytest.mark.parametrize("policy", [{"drop": ["hapy"]}, {"merge": {"hapy": "sad"}}, {"merge": {"sad": "hapy"}}])
def test_a_misspelt_label_is_refused_by_name(policy):
    with pytest.raises(ValueError, match="hapy"):
        class_map(TOTALS, **policy)


def test_fewer_than_two_classes_are_refused():
    with pytest.raises(ValueError, match="at least two classes"):
        class_map(TOTALS, drop=EMOTIONS[1:])


def test_contempt_can_be_dropped_where_there_is_none():
    assert class_map(TOTALS, drop=["contempt"]).classes == EMOTIONS


def test_the_codes_of_affectnet_lead_to_those_of_fer2013_by_name():
    codes = {label: code for code, label in FER2013.codes.items()}
    assert {code: codes.get(label) for code, label in AFFECTNET.codes.items()} == {
        **{0: 6, 1: 3, 2: 4, 3: 5, 4: 2, 5: 1, 6: 0},
        **dict.fromkeys(range(7, 11)),
    }
