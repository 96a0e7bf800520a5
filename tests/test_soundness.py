import pandas as pd
import pytest

from mien.soundness import Soundness, soundness


def sides(*rows):
    """Rows of (face, image, split)."""
    return pd.DataFrame(rows, columns=["face", "sha256", "split"])


APART = [(0, "a", "train"), (1, "b", "validation"), (2, "c", "test"), (3, "d", "test")]


def test_faces_that_were_kept_apart_are_sound_and_nothing_is_said():
    found = soundness(sides(*APART))
    assert found == Soundness(test=2)
    assert (found.sound, found.seen, found.statement) == (True, 0, "")


@pytest.mark.parametrize(
    ("extra", "field", "said"),
    [
        ((2, "c", "train"), "test_in_training", "1 of 2 test faces were learned from."),
        ((4, "c", "train"), "twins_in_training", "identical twin among the faces that were learned from."),
        ((2, "c", "validation"), "test_in_validation", "1 of 2 test faces chose the weights."),
        ((4, "c", "validation"), "twins_in_validation", "identical twin among the faces that chose the weights."),
    ],
)
def test_a_test_face_or_its_twin_on_another_side_is_counted_and_said(extra, field, said):
    found = soundness(sides(*APART, extra))
    assert found == Soundness(**{"test": 2, field: 1})
    assert not found.sound
    assert said in found.statement
    assert "believed" in found.statement


def test_a_face_is_counted_once_itself_before_its_twin():
    found = soundness(sides(*APART, (2, "c", "train"), (4, "c", "train"), (5, "d", "train"), (6, "d", "train")))
    assert (found.test_in_training, found.twins_in_training, found.seen) == (1, 1, 2)


def test_where_only_twins_were_learned_from_the_clean_figures_are_left():
    assert "The clean figures leave out" in Soundness(10, twins_in_training=2).statement
    assert "clean" not in Soundness(10, twins_in_training=2, test_in_training=1).statement
