import subprocess
import sys

import cv2
import numpy as np
import pytest

from mien.augmentation import offline
from mien.augmentation.offline import CHUNK, augment, augment_into, draws, write_changed
from mien.params import RANGES, Ranges
from tests.augmentation.faces import smooth

STRONG = Ranges(rotation=40, shift=0.2, shear=0.3, zoom=0.3, flip=True, brightness=0.5)


@pytest.mark.parametrize("shape", [(48, 48), (48, 48, 1), (40, 56, 3)])
def test_faces_are_changed_and_keep_their_shape(shape):
    images = smooth(20, shape)
    changed = augment(images, STRONG, seed=1)
    assert changed.shape == images.shape
    assert changed.dtype == np.uint8
    assert (changed != images).reshape(20, -1).mean(axis=1).min() > 0.5


def test_no_ranges_leave_every_face_as_it_is():
    images = smooth(5)
    np.testing.assert_array_equal(augment(images, Ranges(), seed=1), images)


def test_originals_stay_untouched_also_when_they_are_read_only():
    images = smooth(5)
    before = images.copy()
    images.flags.writeable = False
    augment(images, STRONG, seed=1)
    np.testing.assert_array_equal(images, before)


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_threads_and_any_chunks(monkeypatch):
    images = smooth(2 * CHUNK + 7, (16, 16))
    expected = augment(images, STRONG, seed=1, threads=1)
    np.testing.assert_array_equal(augment(images, STRONG, seed=1, threads=4), expected)
    monkeypatch.setattr(offline, "CHUNK", 3)
    np.testing.assert_array_equal(augment(images, STRONG, seed=1, threads=2), expected)


def test_another_seed_gives_other_faces():
    images = smooth(5)
    assert (augment(images, STRONG, seed=1) != augment(images, STRONG, seed=2)).mean() > 0.5


def test_copies_of_one_face_differ():
    out = np.empty((2, 48, 48), np.uint8)
    augment_into(out, smooth(3), np.array([2, 2]), STRONG, seed=1)
    assert (out[0] != out[1]).mean() > 0.5


def test_numbers_of_a_face_do_not_depend_on_where_drawing_starts():
    np.testing.assert_array_equal(draws(7, 3, 4), draws(7, 0, 10)[3:7])


def test_flip_mirrors_about_half_of_the_faces_and_nothing_else():
    images = smooth(400, (16, 16))
    changed = augment(images, Ranges(flip=True), seed=1)
    mirrored = (changed == images[:, :, ::-1]).all(axis=(1, 2))
    kept = (changed == images).all(axis=(1, 2))
    assert (mirrored | kept).all()
    assert 160 < mirrored.sum() < 240


def test_brightness_multiplies_and_stops_at_white():
    images = np.full((200, 16, 16), 200, np.uint8)
    changed = augment(images, Ranges(brightness=0.5), seed=1)
    assert (changed == changed[:, :1, :1]).all()
    assert changed.min() >= 100
    assert changed.min() < 110
    assert changed.max() == 255


def test_the_border_is_the_mirror_image_of_the_face():
    ramp = np.tile(np.arange(0, 160, 10, dtype=np.uint8), (16, 1))[None]  # (1, 16, 16)
    seed = next(seed for seed in range(99) if draws(seed, 0, 1)[0, 1] > 0.9)
    changed = augment(ramp, Ranges(shift=0.5), seed=seed)[0, 8].astype(int)
    middle = changed.argmin()
    assert middle >= 5
    np.testing.assert_allclose(changed[:middle][::-1], changed[middle + 1 : 2 * middle + 1], atol=12)


@pytest.mark.parametrize("block", [48 * 48, 3 * 48 * 48, 2**20])
def test_written_file_is_that_of_numpy_whatever_the_size_of_the_blocks(tmp_path, monkeypatch, block):
    monkeypatch.setattr(offline, "BLOCK_BYTES", block)
    images, rows, counted = smooth(4), np.array([0, 0, 3, 1, 2]), []
    write_changed(tmp_path / "written.npy", images, rows, STRONG, 5, counted.append)
    out = np.empty((5, 48, 48), np.uint8)
    augment_into(out, images, rows, STRONG, 5)
    np.save(tmp_path / "saved.npy", out)
    assert (tmp_path / "written.npy").read_bytes() == (tmp_path / "saved.npy").read_bytes()
    assert sum(counted) == 5


def test_what_goes_wrong_in_a_thread_is_raised():
    with pytest.raises(IndexError):
        augment_into(np.empty((1, 48, 48), np.uint8), smooth(4), np.array([4]), STRONG, 5)


def test_no_rows_give_an_empty_array_of_faces(tmp_path):
    write_changed(tmp_path / "images.npy", smooth(4), np.array([], int), STRONG, 5)
    empty = np.load(tmp_path / "images.npy")
    assert (empty.shape, empty.dtype) == ((0, 48, 48), np.uint8)


def test_opencv_has_its_threads_back_afterwards():
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        augment(smooth(2), STRONG, seed=1)
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


def test_mean_gray_value_survives_the_light_ranges():
    images = smooth(300)
    changed = augment(images, RANGES["light"], seed=1)
    assert changed.mean() == pytest.approx(images.mean(), rel=0.03)


@pytest.mark.slow
def test_offline_changes_need_no_keras():
    code = "import sys, tasks.augment; assert 'keras' not in sys.modules and 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
