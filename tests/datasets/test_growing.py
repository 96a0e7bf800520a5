import numpy as np
import pytest

from mien.datasets.growing import growing_array
from tests.datasets import fakes


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_an_array_grows_to_a_file_that_numpy_reads(tmp_path, dtype):
    images = fakes.faces(1000, size=4).astype(dtype)
    with growing_array(tmp_path / "images.npy", (4, 4), dtype) as array:
        for start in range(0, 1000, 7):
            array.append(images[start : start + 7])
    assert np.array_equal(np.load(tmp_path / "images.npy", mmap_mode="r"), images)
    np.save(tmp_path / "plain.npy", images)
    assert (tmp_path / "images.npy").read_bytes() == (tmp_path / "plain.npy").read_bytes()


def test_the_array_appears_only_when_complete(tmp_path):
    def interrupted():
        with growing_array(tmp_path / "images.npy", (4, 4)) as array:
            array.append(fakes.faces(3, size=4))
            assert not (tmp_path / "images.npy").exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_items_of_another_shape_or_type_are_not_written(tmp_path):
    with growing_array(tmp_path / "images.npy", (4, 4)) as array:
        for wrong in (fakes.faces(1, size=5), fakes.faces(1, size=4).astype(float)):
            with pytest.raises(ValueError, match="items must be uint8"):
                array.append(wrong)
