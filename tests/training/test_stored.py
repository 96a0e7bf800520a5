import numpy as np
import pytest

from mien.errors import DataError
from mien.training.stored import StoredImages


@pytest.mark.parametrize("shape", [(20, 4, 4), (20, 4, 5, 3)])
def test_faces_are_those_of_the_array_in_the_order_that_is_asked_for(tmp_path, shape):
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    np.save(tmp_path / "images.npy", images)
    stored = StoredImages(tmp_path / "images.npy")
    assert (stored.shape, len(stored)) == (shape, 20)
    for rows in ([3], [0, 1, 19], [7, 7, 2], []):
        index = np.array(rows, np.int64)
        assert np.array_equal(stored[index], images[index])


def test_no_face_can_be_stored_too(tmp_path):
    np.save(tmp_path / "images.npy", np.empty((0, 4, 4), np.uint8))
    assert StoredImages(tmp_path / "images.npy").shape == (0, 4, 4)


def test_a_file_that_is_missing_cut_off_or_holds_something_else_is_said(tmp_path):
    path = tmp_path / "images.npy"
    with pytest.raises(DataError, match="images.npy: cannot be read as an array of faces"):
        StoredImages(path)
    path.write_bytes(b"face")
    with pytest.raises(DataError, match="cannot be read as an array of faces"):
        StoredImages(path)
    np.save(path, np.zeros((2, 4, 4)))
    with pytest.raises(DataError, match="must be an array of uint8 in C order. Received: float64"):
        StoredImages(path)
    np.save(path, np.zeros((2, 4, 4), np.uint8))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="ends before face 1 of 2"):
        StoredImages(path)[np.array([0, 1])]
