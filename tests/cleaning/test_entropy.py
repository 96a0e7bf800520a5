import numpy as np
import pytest
from skimage.filters.rank import entropy as rank_entropy
from skimage.measure import shannon_entropy
from skimage.morphology import disk

from mien.cleaning.entropy import constant, entropy, global_entropy, local_entropy
from mien.cleaning.windows import LOGS, window_entropy
from tests.cleaning.tables import noise


def faces(count=5, size=24):
    """Smooth pictures, as faces are."""
    ramp = np.linspace(0, 200, size)
    return np.stack([(ramp[:, None] * share + ramp[None] * (1 - share)) for share in np.linspace(0, 1, count)]).astype(
        np.uint8
    )


def test_global_entropy_is_that_of_the_histogram():
    images = np.concatenate([noise(3, 24), faces()])
    expected = [shannon_entropy(image, base=2) for image in images]
    assert global_entropy(images) == pytest.approx(expected, abs=1e-5)


def test_two_equally_frequent_gray_values_are_one_bit():
    image = np.zeros((1, 8, 8), np.uint8)
    image[:, :4] = 90
    assert global_entropy(image).tolist() == [1.0]


def test_an_image_of_one_gray_value_has_no_entropy_by_either_method():
    image = np.full((1, 16, 16), 77, np.uint8)
    assert global_entropy(image).tolist() == [0.0]
    assert local_entropy(image).tolist() == [0.0]


def test_local_entropy_is_the_mean_of_the_rank_filter_of_each_picture_alone():
    images = np.concatenate([noise(3, 24), faces()])
    expected = [rank_entropy(image, disk(5)).mean() for image in images]
    assert local_entropy(images) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (4, 20), (20, 4), (11, 12), (48, 48)])
def test_windows_end_at_the_border_of_pictures_of_any_shape(shape):
    images = np.random.default_rng(1).integers(0, 6, (2, *shape), dtype=np.uint8)
    expected = [rank_entropy(image, disk(5)).mean() for image in images]
    assert window_entropy(images) == pytest.approx(expected, abs=1e-9)


def test_local_entropy_does_not_depend_on_threads_or_batches(monkeypatch):
    images = np.concatenate([noise(6, 24), faces(6)])
    alone = local_entropy(images, threads=1)
    monkeypatch.setattr("mien.cleaning.entropy.TASK_ROWS", 24 * 5)
    assert local_entropy(images, threads=3).tobytes() == alone.tobytes()


def test_sums_of_the_table_are_exact_so_that_a_sliding_window_never_drifts():
    added = np.random.default_rng(0).permutation(LOGS[:82])  # a window has at most 81 pixels
    assert np.cumsum(np.concatenate([added, -added]))[-1] == 0
    assert (np.cumsum(added)[-1] - np.cumsum(added[::-1])[-1]) == 0


def test_entropy_reads_a_read_only_memory_map(tmp_path):
    np.save(tmp_path / "images.npy", noise(3))
    images = np.load(tmp_path / "images.npy", mmap_mode="r")
    assert len(local_entropy(images)) == len(global_entropy(images)) == 3


def test_colour_pictures_are_judged_in_gray():
    gray = faces()
    colour = np.repeat(gray[..., None], 3, axis=3)
    for method in ("global", "local"):
        assert entropy(colour, method).tolist() == entropy(gray, method).tolist()


@pytest.mark.parametrize("channels", [1, 3])
def test_large_pictures_are_judged_at_48_by_48(channels):
    small = noise(3, 48)
    large = small.repeat(4, axis=1).repeat(4, axis=2)
    large = large if channels == 1 else np.repeat(large[..., None], 3, axis=3)
    assert local_entropy(large).tolist() == local_entropy(small).tolist()


def test_no_pictures_have_no_entropies():
    none = np.zeros((0, 48, 48), np.uint8)
    assert entropy(none, "local").shape == entropy(none, "global").shape == constant(none).shape == (0,)


def test_constant_means_one_gray_value_whichever():
    images = noise(4)
    images[1], images[3] = 0, 255
    assert constant(images).tolist() == [False, True, False, True]
    images[1, 5, 5] = 1
    assert constant(images).tolist() == [False, False, False, True]
