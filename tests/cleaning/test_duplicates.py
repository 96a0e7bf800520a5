import itertools

import cv2
import numpy as np
import pytest

from mien.cleaning.duplicates import Pairs, near_pairs, twin_groups
from tests.cleaning.tables import noise


def blurred(count, seed=0, size=24):
    """Smooth pictures, some of them much alike."""
    rough = noise(count, 4, seed)
    return np.stack([cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC) for image in rough])


def all_correlations(images):
    return {
        (one, other): np.corrcoef(images[one].ravel(), images[other].ravel())[0, 1]
        for one, other in itertools.combinations(range(len(images)), 2)
    }


def as_set(pairs):
    return set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))


@pytest.mark.parametrize("threshold", [0.51, 0.65, 0.8])
@pytest.mark.parametrize("size", [8, 24])
def test_no_pair_is_missed_and_none_invented(threshold, size):
    images = blurred(90, size=size)
    expected = {pair for pair, value in all_correlations(images).items() if value >= threshold}
    assert expected
    assert as_set(near_pairs(images, threshold)) == expected


def test_fine_detail_does_not_hide_a_pair_from_the_sketch():
    images = noise(30, 48)  # nearly all of it is in frequencies that the sketch leaves out
    images[20] = np.clip(images[3].astype(int) + noise(1, 48, seed=9)[0] // 16, 0, 255)
    assert as_set(near_pairs(images, 0.9)) == {(3, 20)}


def test_blocks_do_not_change_the_pairs(monkeypatch):
    images = blurred(90)
    whole = near_pairs(images, 0.6)
    monkeypatch.setattr("mien.cleaning.duplicates.BLOCK_VALUES", 90 * 7)
    monkeypatch.setattr("mien.cleaning.duplicates.CHECK_PIXELS", 24 * 24 * 3)
    parts = near_pairs(images, 0.6)
    assert as_set(parts) == as_set(whole)
    assert sorted(parts.correlation) == sorted(whole.correlation)


def test_only_the_named_rows_are_compared():
    images = blurred(90)
    rows = np.flatnonzero(np.arange(90) % 3)
    named = {pair for pair in as_set(near_pairs(images, 0.6)) if set(pair) <= set(rows.tolist())}
    assert as_set(near_pairs(images, 0.6, rows)) == named != set()


def test_brightness_and_contrast_do_not_matter():
    images = noise(5, 48) // 4
    images[4] = images[1] * 2 + 60
    pairs = near_pairs(images, 1.0)
    assert as_set(pairs) == {(1, 4)}
    assert pairs.correlation.tolist() == [1.0]


def test_images_of_one_gray_value_are_near_to_nothing():
    images = noise(6)
    images[1], images[2], images[4] = 0, 0, 200
    assert len(near_pairs(images, 0.51)) == 0


def test_colour_pictures_are_compared_in_gray():
    gray = blurred(40)
    colour = np.repeat(gray[..., None], 3, axis=3)
    assert as_set(near_pairs(colour, 0.8)) == as_set(near_pairs(gray, 0.8)) != set()


def test_no_images_have_no_pairs():
    assert len(near_pairs(np.zeros((0, 48, 48), np.uint8), 0.9)) == 0


def pairs(*positions):
    first, second = (np.array(column, np.int64) for column in zip(*positions, strict=True))
    return Pairs(first, second, np.ones(len(first)))


def test_groups_join_identical_and_near_images_under_the_smallest_position():
    keys = np.array(["a", "b", "a", "c", "d", "b", "e"])
    assert twin_groups(keys, pairs((1, 4), (3, 6))).tolist() == [0, 1, 0, 3, 1, 1, 3]


def test_what_is_connected_through_others_is_one_group():
    keys = np.array(list("abcdefg"))
    assert twin_groups(keys, pairs((5, 6), (2, 3), (3, 5))).tolist() == [0, 1, 2, 2, 4, 2, 2]


def test_a_group_for_each_image_where_there_are_no_twins():
    groups = twin_groups(np.array(["x", "y", "z"]), near_pairs(noise(3), 0.9))
    assert groups.tolist() == [0, 1, 2]
    assert groups.dtype == np.int32
