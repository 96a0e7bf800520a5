import pandas as pd
import pytest

from mien.evaluation.held_out import HELD_OUT, write_held_out
from mien.soundness import Soundness, soundness


def sides(*rows):
    """Rows of (face, image, split); images whose names begin with the same letter are near twins."""
    table = pd.DataFrame(rows, columns=["face", "sha256", "split"])
    return table.assign(group=table["sha256"].str[0])


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
        ((4, "c2", "train"), "near_in_training", "a nearly identical twin among the faces that were learned from."),
        ((4, "c2", "validation"), "near_in_validation", "a nearly identical twin among the faces that chose"),
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


def test_a_near_twin_counts_only_where_there_is_no_identical_one():
    found = soundness(sides(*APART, (4, "c", "train"), (5, "c2", "train"), (6, "d2", "train")))
    assert (found.twins_in_training, found.near_in_training, found.seen) == (1, 1, 2)


def test_where_only_twins_were_learned_from_the_clean_figures_are_left():
    assert Soundness(10, twins_in_training=2).statement.endswith("among the faces that were learned from.")
    assert "The clean figures leave out" in Soundness(10, twins_in_training=2).statement
    assert "clean" not in Soundness(10, twins_in_training=2, test_in_training=1).statement


@pytest.mark.parametrize("others", ["near_in_training", "twins_in_validation", "near_in_validation"])
def test_the_clean_figures_are_not_said_to_leave_out_what_they_have(others):
    assert "also the clean ones" in Soundness(10, **{others: 2}).statement
    assert "leave out" not in Soundness(10, **{others: 2}).statement
    assert Soundness(10, twins_in_training=1, **{others: 2}).statement.endswith(", and none of the others.")


def test_held_out_are_images_without_a_twin_or_near_twin_on_another_side(tmp_path):
    rows = sides(*APART, (4, "c2", "validation"), (5, "e" * 20, "test"), (6, "f", "test"), (6, "f", "train"))
    write_held_out(tmp_path / HELD_OUT, rows)
    assert (tmp_path / HELD_OUT).read_text().split() == ["d", "e" * 16]
