import numpy as np

from mien import images

RAMP = np.tile(np.arange(0, 240, 5, dtype=np.uint8), (48, 1))
COLOUR = np.dstack([RAMP, RAMP.T, np.full_like(RAMP, 30)])


def test_shrinking_averages_areas():
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    means = noise.reshape(16, 3, 16, 3).mean(axis=(1, 3))
    assert np.abs(images.resize(noise, 16) - means).max() <= 0.5


def test_growing_does_not_repeat_pixels():
    grown = images.resize(RAMP, 96)
    assert grown.shape == (96, 96)
    assert len(np.unique(grown)) > len(np.unique(RAMP))


def test_a_picture_of_the_right_size_is_left_alone():
    assert images.resize(RAMP, 48) is RAMP


def test_colour_is_resized_too():
    assert images.resize(COLOUR, 16).shape == (16, 16, 3)
