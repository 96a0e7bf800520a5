"""Random changes of a batch inside a training step, in `keras.ops` only: TensorFlow, JAX and PyTorch, XLA or not."""

from dataclasses import dataclass

import keras
from keras import KerasTensor, ops

from mien.augmentation.affine import DRAWS, brightness_factors, inverse_maps
from mien.params import Ranges


@dataclass(frozen=True)
class AugmentOnline:
    """Changes every face of a batch by its own draw from `ranges`.

    It has no state: all randomness comes from the seed of the call, so whoever trains can go on exactly where a killed
    run was by giving the same seeds again.
    """

    ranges: Ranges

    def __call__(self, images: KerasTensor, seed: "int | keras.random.SeedGenerator") -> KerasTensor:
        """Change a batch.

        Args:
            images: (B, H, W, C), uint8 or float, gray values 0..255; H, W and C must be known when compiling.
            seed: an int, which gives the same changes on every call, or a generator, which moves on with every call
                (inside a compiled step only a generator does).

        Returns:
            Changed faces of the same shape and dtype, 0..255; whole numbers for uint8.
        """
        images = ops.convert_to_tensor(images)
        dtype = keras.backend.standardize_dtype(images.dtype)
        _, height, width, _ = images.shape
        draws = keras.random.uniform((ops.shape(images)[0], DRAWS), dtype="float32", seed=seed)
        changed = warp(images, inverse_maps(draws, self.ranges, height, width, ops))  # (B, H, W, C) float32
        if self.ranges.brightness > 0.0:
            changed = changed * ops.reshape(brightness_factors(draws, self.ranges), (-1, 1, 1, 1))
        if not keras.backend.is_float_dtype(dtype):
            changed = ops.round(changed)
        return ops.cast(ops.clip(changed, 0.0, 255.0), dtype)


def warp(images: KerasTensor, maps: KerasTensor) -> KerasTensor:
    """Apply affine maps, bilinear, with reflected borders; the counterpart of OpenCV's `warpAffine`.

    `keras.ops.image.affine_transform` does the same, but TensorFlow cannot compile its operation with XLA.

    Args:
        images: (B, H, W, C), uint8 or float.
        maps: (B, 6) float32 as made by `inverse_maps`.

    Returns:
        (B, H, W, C) float32.
    """
    _, height, width, channels = images.shape
    a, b, c, d, e, f = (ops.reshape(maps[:, column], (-1, 1, 1)) for column in range(6))  # (B, 1, 1) each
    x = ops.reshape(ops.arange(width, dtype="float32"), (1, 1, width))
    y = ops.reshape(ops.arange(height, dtype="float32"), (1, height, 1))
    from_x = _reflected(a * x + b * y + c, width)  # (B, H, W) in 0..W-1
    from_y = _reflected(d * x + e * y + f, height)
    left = ops.minimum(ops.floor(from_x), width - 2.0)  # the right neighbour must exist too
    top = ops.minimum(ops.floor(from_y), height - 2.0)
    right_share, bottom_share = (from_x - left)[..., None], (from_y - top)[..., None]  # (B, H, W, 1)

    # All pixels of the batch in one list: `take` from it is three times as fast as `take_along_axis` on colour faces.
    pixels = ops.reshape(images, (-1, channels))  # (B * H * W, C)
    face = ops.reshape(ops.arange(ops.shape(images)[0], dtype="int32"), (-1, 1, 1)) * (height * width)
    corner = face + ops.cast(top * width + left, "int32")  # (B, H, W) positions in the list

    def neighbours(step: int) -> KerasTensor:
        """Input pixels `step` behind the upper left ones, (B, H, W, C) float32."""
        return ops.cast(ops.take(pixels, corner + step, axis=0), "float32")

    upper = _between(neighbours(0), neighbours(1), right_share)
    lower = _between(neighbours(width), neighbours(width + 1), right_share)
    return _between(upper, lower, bottom_share)


def _between(first: KerasTensor, second: KerasTensor, share: KerasTensor) -> KerasTensor:
    return first + (second - first) * share


def _reflected(position: KerasTensor, size: int) -> KerasTensor:
    """Coordinates outside 0..`size`-1 mirrored back about the outer edges of the border pixels."""
    phase = ops.mod(position + 0.5, 2.0 * size)
    return ops.clip(size - ops.abs(phase - size) - 0.5, 0.0, size - 1.0)
