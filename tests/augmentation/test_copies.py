import numpy as np
import pytest

from mien.augmentation.copies import copies_per_face

CLASSES = np.repeat([0, 1, 2], [10, 3, 7])


def totals(copies: int, balance: bool) -> list[int]:
    """Originals and copies of each class."""
    counts = copies_per_face(CLASSES, copies, balance, seed=1)
    return [int((counts[name == CLASSES] + 1).sum()) for name in range(3)]


def test_every_face_gets_the_same_number_of_copies():
    np.testing.assert_array_equal(copies_per_face(CLASSES, 2, False, seed=1), np.full(20, 2))


@pytest.mark.parametrize(("copies", "size"), [(0, 10), (1, 20), (3, 40)])
def test_balance_makes_every_class_as_large_as_the_largest(copies, size):
    assert totals(copies, balance=True) == [size, size, size]


def test_balance_spreads_copies_evenly_inside_a_class():
    counts = copies_per_face(CLASSES, 0, True, seed=1)
    assert sorted(counts[CLASSES == 1]) == [2, 2, 3]
    assert (counts[CLASSES == 0] == 0).all()


def test_balance_draws_who_gets_one_more():
    classes = np.repeat([0, 1], [150, 100])
    first, again, other = (copies_per_face(classes, 0, True, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_balance_can_count_a_class_that_already_is_the_only_one():
    np.testing.assert_array_equal(copies_per_face(np.zeros(4, int), 1, True, seed=1), np.ones(4))
