import numpy as np
import pytest

from mien.cleaning.batches import resized
from mien.cleaning.nonfaces.features import features
from mien.cleaning.nonfaces.wrecks import FACE, KINDS, VIEWS, WRECKS, lessons
from mien.progress import meter
from tests.cleaning.tables import noise


def made(count=40, seed=1):
    with meter("faces", count) as progress:
        return lessons(noise(count, 48), np.random.default_rng(seed), progress)


@pytest.mark.parametrize("wreck", WRECKS)
def test_a_wreck_is_another_picture_of_the_same_size(wreck):
    rng = np.random.default_rng(3)
    face, other = noise(2, 48)
    for _ in range(20):
        wrecked = wreck(face, other, rng)
        assert wrecked.shape == (48, 48)
        assert wrecked.dtype == np.uint8
        assert not np.array_equal(wrecked, face)


def test_each_face_is_seen_as_it_is_twice_moved_and_twice_wrecked():
    pictures, kinds = made()
    assert pictures.shape == (40 * VIEWS, 48, 48)
    assert np.array_equal(pictures[::VIEWS], noise(40, 48))
    kinds = kinds.reshape(40, VIEWS)
    assert (kinds[:, :3] == FACE).all()
    assert set(kinds[:, 3:].ravel()) == set(range(1, KINDS))


def test_the_same_seed_makes_the_same_lessons_and_another_one_others():
    assert np.array_equal(made()[0], made()[0])
    assert not np.array_equal(made()[0], made(seed=2)[0])


@pytest.mark.parametrize("shape", [(3, 96, 96), (3, 224, 160), (3, 20, 20), (3, 64, 64, 3)])
def test_pictures_of_any_size_and_colour_are_judged_alike(shape):
    pictures = resized(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    assert pictures.shape == (3, 48, 48)
    assert features(pictures).shape == (3, 2100)


def test_features_do_not_see_brightness_in_gradients_and_coarse_values():
    dark = noise(1, 48) // 3
    assert np.allclose(features(dark), features(dark + 60), atol=1e-5)
