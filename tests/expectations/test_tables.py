import numpy as np
import pytest

from mien.expectations.tables import (
    BLOCK_BYTES,
    classes_table,
    faces_table,
    known_pairs,
    pixel_figures,
    twins_table,
    usages_table,
)
from mien.labels import EMOTIONS
from tests.expectations.drawn import GROUPS, changed, faces_of, relabelled, sound, with_votes


def test_pixel_figures_are_those_of_each_image_by_itself():
    images = np.random.default_rng(0).integers(3, 250, (7, 9, 5), dtype=np.uint8)
    figures = pixel_figures(images)
    for image, row in zip(images, figures.itertuples(), strict=True):
        assert row.mean == pytest.approx(image.mean())
        assert row.std == pytest.approx(image.std())
        assert row.detail == pytest.approx(np.abs(np.diff(image.astype(int), axis=1)).mean())
        assert (row.min, row.max, row.range) == (image.min(), image.max(), int(image.max()) - int(image.min()))


def test_an_image_of_one_colour_is_constant_although_its_channels_differ():
    images = np.zeros((2, 4, 4, 3), np.uint8)
    images[0] = (200, 10, 90)
    images[1, 0, 0, 2] = 5
    figures = pixel_figures(images)
    assert list(figures["range"]) == [0, 5]
    assert list(figures["max"]) == [200, 5]
    assert figures["mean"][0] == 100


def test_pixel_figures_do_not_depend_on_the_workers_or_on_blocks():
    images = np.random.default_rng(0).integers(0, 256, (BLOCK_BYTES // 96**2 + 3, 96, 96), dtype=np.uint8)
    one, many = pixel_figures(images, 1), pixel_figures(images, 4)
    assert one.equals(many)
    assert len(one) == BLOCK_BYTES // 96**2 + 3
    assert one["mean"].iloc[-1] == images[-1].mean()


def test_only_later_copies_count_as_repeated():
    assert faces_table(sound())["repeated"].sum() == GROUPS
    assert not faces_table(sound())["repeated"][:70].any()


def test_a_face_agrees_when_its_label_is_the_top_vote_and_votes_become_their_sum():
    faces = sound()
    frame = faces_table(with_votes(faces, np.where(np.arange(len(faces)) < 3, 0, faces.table["code"])))
    assert list(frame["agrees"][:5]) == [True, False, False, True, True]
    assert set(frame["votes"]) == {10}
    assert not [name for name in frame if name.startswith("votes_")]


def test_a_required_class_without_a_face_has_a_row():
    faces = sound()
    classes = classes_table(
        faces_table(relabelled(faces, np.where(faces.table["code"] == 1, 0, faces.table["code"]))), EMOTIONS
    )
    assert dict(zip(classes["label"], classes["faces"], strict=True)) == {
        "angry": 120, "disgust": 0, "fear": 60, "happy": 60, "neutral": 60, "sad": 60, "surprise": 60,
    }  # fmt: skip
    assert classes["share"].sum() == pytest.approx(1)


def test_every_usage_has_a_row_and_one_without_a_face_no_contrast():
    faces = changed(sound(), slice(300, None), usage="PublicTest")
    usages = usages_table(faces_table(faces)).set_index("usage")
    assert list(usages["faces"]) == [300, 120, 0]
    assert usages[["spread", "detail_ratio"]].notna().to_numpy().tolist() == [[True] * 2, [True] * 2, [False] * 2]
    assert np.isnan(usages["test_share"]["Training"])


def test_leaked_faces_are_those_of_a_test_set_whose_pixels_are_in_training():
    faces = sound()
    leaking = changed(faces, slice(300, 306), sha256=faces.table["sha256"][0])
    usages = usages_table(faces_table(leaking)).set_index("usage")
    assert usages["leaked_share"].to_dict() == {"Training": 0.0, "PublicTest": 0.1, "PrivateTest": 0.0}


def test_blank_images_are_no_twins():
    images = np.zeros((4, 5, 5), np.uint8)
    images[2:, 0] = 7
    twins = twins_table(faces_table(faces_of(images, np.array([0, 1, 2, 3]), np.array(["Training"] * 4))))
    assert twins.to_dict("records") == [{"sample_id": "00000002", "faces": 2, "labels": 2}]


def test_known_pairs_are_those_of_the_label_spaces_that_occur():
    spaces = sound().table["label_space"]
    assert (0, "angry") in known_pairs(spaces)
    assert (0, "neutral") not in known_pairs(spaces)
    assert (-1, "") in known_pairs(spaces)
    assert known_pairs(spaces.where(spaces.index > 3, "unheard of")) == known_pairs(spaces)


def test_the_size_of_a_face_is_that_of_its_box_or_else_of_the_picture():
    boxed = changed(sound(), slice(1), box_x=3, box_y=3, box_width=9, box_height=8)
    assert faces_table(boxed)[["face_width", "face_height"]].iloc[:2].to_numpy().tolist() == [[9, 8], [16, 16]]
