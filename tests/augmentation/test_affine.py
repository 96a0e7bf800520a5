import math

import numpy as np
import pytest

from mien.augmentation.affine import DRAWS, brightness_factors, inverse_maps
from mien.params import Ranges

NO_CHANGE = np.full((1, DRAWS), 0.5)
"""Half way between both ends of every range; flip does not happen."""


def drawn(**numbers: float) -> np.ndarray:
    names = ("rotation", "shift_x", "shift_y", "shear", "zoom_x", "zoom_y", "flip", "brightness")
    draws = NO_CHANGE.copy()
    for name, number in numbers.items():
        draws[0, names.index(name)] = number
    return draws


def source(draws: np.ndarray, ranges: Ranges, x: float, y: float) -> tuple[float, float]:
    """Where in an input of height 41 and width 51 output pixel (x, y) is taken from; the centre is (25, 20)."""
    a, b, c, d, e, f = inverse_maps(draws, ranges, 41, 51, np)[0]
    return a * x + b * y + c, d * x + e * y + f


def test_no_ranges_give_the_identity_exactly():
    draws = np.random.default_rng(0).random((50, DRAWS))
    np.testing.assert_array_equal(inverse_maps(draws, Ranges(), 48, 48, np), np.tile([1, 0, 0, 0, 1, 0], (50, 1)))
    np.testing.assert_array_equal(brightness_factors(draws, Ranges()), np.ones(50))


@pytest.mark.parametrize(
    ("ranges", "numbers", "output", "expected"),
    [
        # rotated by 90 degrees about the centre, the pixel right of it shows the one below it, and that the one left
        (Ranges(rotation=90), {"rotation": 1.0}, (26, 20), (25, 21)),
        (Ranges(rotation=90), {"rotation": 1.0}, (25, 21), (24, 20)),
        # shifted to the right and down by a tenth of 51 and of 41 pixels
        (Ranges(shift=0.1), {"shift_x": 1.0, "shift_y": 1.0}, (30, 30), (24.9, 25.9)),
        (Ranges(shift=0.1), {"shift_x": 0.0}, (30, 30), (35.1, 30)),
        # vertical lines lean by the angle, horizontal ones stay
        (Ranges(shear=0.2), {"shear": 1.0}, (25, 30), (25 + 10 * math.tan(0.2), 30)),
        # enlarged by 1.25 across, made smaller by 0.75 down
        (Ranges(zoom=0.25), {"zoom_x": 1.0}, (35, 30), (33, 30)),
        (Ranges(zoom=0.25), {"zoom_y": 0.0}, (35, 26), (35, 28)),
        # mirrored
        (Ranges(flip=True), {"flip": 0.49}, (30, 30), (20, 30)),
        (Ranges(flip=True), {"flip": 0.5}, (30, 30), (30, 30)),
        (Ranges(), {"flip": 0.0}, (30, 30), (30, 30)),
    ],
)
def test_a_change_moves_pixels_as_its_name_says(ranges, numbers, output, expected):
    assert source(drawn(**numbers), ranges, *output) == pytest.approx(expected)


def test_all_but_the_shift_leave_the_centre_where_it_is():
    draws = np.random.default_rng(1).random((20, DRAWS))
    ranges = Ranges(rotation=180, shear=0.8, zoom=0.8, flip=True)
    maps = inverse_maps(draws, ranges, 41, 51, np).reshape(-1, 2, 3)
    np.testing.assert_allclose(maps @ [25, 20, 1], np.tile([25, 20], (20, 1)), atol=1e-9)


def test_a_shift_moves_the_picture_by_its_share_whatever_else_is_changed():
    others = Ranges(rotation=30, shear=0.3, zoom=0.3, flip=True)
    numbers = drawn(rotation=0.9, shift_x=1.0, shift_y=0.0, shear=0.2, zoom_x=0.8, flip=0.1)
    shifted = others.model_copy(update={"shift": 0.1})
    assert source(numbers, shifted, 25 + 5.1, 20 - 4.1) == pytest.approx((25, 20))


def test_brightness_spans_its_range():
    draws = np.vstack([drawn(brightness=0.0), drawn(), drawn(brightness=1.0)])
    np.testing.assert_allclose(brightness_factors(draws, Ranges(brightness=0.3)), [0.7, 1.0, 1.3])
