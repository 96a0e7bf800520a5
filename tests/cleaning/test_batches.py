import numpy as np
import pytest

from mien.cleaning.batches import SIDE, gray, gray_batches, resized, small

COLOUR = np.random.default_rng(0).integers(0, 256, (9, 96, 96, 3), dtype=np.uint8)


class Counted(np.ndarray):
    """An array that remembers how many images were taken out of it at once."""

    most = 0

    def __getitem__(self, key):
        taken = np.asarray(super().__getitem__(key))
        Counted.most = max(Counted.most, len(taken))
        return taken


@pytest.mark.parametrize("rows", [None, np.array([0, 3, 4, 8])])
def test_batches_are_gray_and_in_order(rows):
    batches = list(gray_batches(COLOUR, 2 * 96 * 96, rows))
    assert [len(batch) for batch in batches] == ([2, 2, 2, 2, 1] if rows is None else [2, 2])
    assert np.array_equal(np.concatenate(batches), gray(COLOUR if rows is None else COLOUR[rows]))


def test_small_pictures_are_read_batch_by_batch(monkeypatch):
    monkeypatch.setattr(gray_batches, "__defaults__", (2 * 96 * 96, None))
    rows = np.array([7, 1, 2, 5, 0])
    read = small(COLOUR.view(Counted), rows)
    assert read.shape == (5, SIDE, SIDE)
    assert np.array_equal(read, resized(COLOUR[rows]))
    assert Counted.most == 2
