"""From uniform numbers to one affine map and one brightness per face; the same for NumPy and for Keras.

A face is rotated, sheared, zoomed, mirrored and shifted by a single map, so that its pixels are interpolated once and
not once per change. The function that computes it takes the array module (`numpy` or `keras.ops`) as an argument, which
keeps Keras out of the stage that needs OpenCV only.

Maps go from output to input, as OpenCV (with WARP_INVERSE_MAP) and `keras.ops.image.affine_transform` want them: output
pixel (x, y) shows input (a x + b y + c, d x + e y + f), x to the right, y down, pixel centres at whole numbers.
"""

import math
from typing import Any

from mien.params import Ranges

DRAWS = 8
"""Numbers per face: rotation, shift x, shift y, shear, zoom x, zoom y, flip, brightness."""

Array = Any
"""Array of NumPy or tensor of Keras' backend."""


def inverse_maps(draws: Array, ranges: Ranges, height: int, width: int, xp: Any) -> Array:  # noqa: ANN401
    """One composed affine map per face.

    About the centre of the picture the face is zoomed (x and y apart, as Keras' ImageDataGenerator did it, which the
    seeds used), its vertical lines are leant by the shear's angle, it is rotated and mirrored, then all is shifted.

    Args:
        draws: (N, DRAWS) uniform in [0, 1).
        ranges: how much may change; 0 leaves a change out exactly.
        height: of a face in pixels.
        width: of a face in pixels.
        xp: array module of `draws`, `numpy` or `keras.ops`.

    Returns:
        (N, 6) rows a, b, c, d, e, f as above, in pixels.
    """
    signed = 2.0 * draws - 1.0  # (N, DRAWS) in [-1, 1)
    angle = signed[:, 0] * math.radians(ranges.rotation)  # (N,), as all below
    shift_x, shift_y = signed[:, 1] * (ranges.shift * width), signed[:, 2] * (ranges.shift * height)
    lean = xp.tan(signed[:, 3] * ranges.shear)
    mirror = xp.where(draws[:, 6] < 0.5, -1.0, 1.0) if ranges.flip else 1.0
    across = mirror / (1.0 + signed[:, 4] * ranges.zoom)
    down = 1.0 / (1.0 + signed[:, 5] * ranges.zoom)
    cos, sin = xp.cos(angle), xp.sin(angle)

    a, b = cos * across, (cos * lean - sin) * down  # rotation x shear x zoom and mirror
    d, e = sin * across, (sin * lean + cos) * down
    centre_x, centre_y = (width - 1) / 2, (height - 1) / 2
    c = centre_x - a * (centre_x + shift_x) - b * (centre_y + shift_y)
    f = centre_y - d * (centre_x + shift_x) - e * (centre_y + shift_y)
    return xp.stack([a, b, c, d, e, f], axis=1)


def brightness_factors(draws: Array, ranges: Ranges) -> Array:
    """(N,) factors around 1 for the gray values, from the same `draws` as the maps."""
    return 1.0 + (2.0 * draws[:, 7] - 1.0) * ranges.brightness
