"""Valence and arousal of the faces: what is known of them, and how far a network is from it."""

from collections.abc import Callable

import keras
from keras import ops

from mien.params import AffectParams

Together = Callable[[keras.KerasTensor], keras.KerasTensor]
"""Sums over the faces of one device to the sums over the faces of all."""

TINY = 1e-8
"""Keeps a quotient finite where all faces of a batch are alike."""


class KnownError(keras.losses.Loss):  # type: ignore[misc]
    """Mean squared error over the values that are known, counting the others as 0.

    Each known value weighs the same in whatever batch it is, however few of its neighbours are known.
    """

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """(B, 2) float, NaN where not known, and (B, 2) float to (B,)."""
        known, truth = _parted(y_true)
        return ops.mean(known * ops.square(y_pred - truth), axis=-1)


class Discordance(keras.losses.Loss):  # type: ignore[misc]
    """1 - concordance correlation of the known values of a batch, times their share.

    The coefficient is that of Lin, "A concordance correlation coefficient to evaluate reproducibility", Biometrics 45,
    1989, of the whole batch also where several devices share it.
    """

    def __init__(self, together: Together) -> None:
        super().__init__(name="discordance")
        self._together = together

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """(B, 2) float, NaN where not known, and (B, 2) float to (B,), the same for each face."""
        known, truth = _parted(y_true)
        said = known * y_pred
        terms = [ops.ones_like(known), known, truth, said, truth * truth, said * said, truth * said]
        sums = self._together(ops.sum(ops.stack(terms), axis=1))  # (7, 2)
        count = ops.maximum(sums[1], 1.0)
        mean_truth, mean_said, truth_squared, said_squared, product = (sums[place] / count for place in range(2, 7))
        covariance = product - mean_truth * mean_said
        spread = (truth_squared - mean_truth**2) + (said_squared - mean_said**2) + (mean_truth - mean_said) ** 2
        value = ops.mean(sums[1] / sums[0] * (1.0 - 2.0 * covariance / (spread + TINY)))
        return value * ops.ones_like(y_pred[:, 0])  # Keras scales a scalar otherwise where devices share a batch


def affect_loss(params: AffectParams, together: Together) -> keras.losses.Loss:
    """The loss that params name."""
    return KnownError(name="squared_error") if params.loss == "mse" else Discordance(together)


def _parted(y_true: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Which values are known, 1 or 0, and the values, 0 where they are not; both (B, 2) float."""
    known = ops.logical_not(ops.isnan(y_true))
    return ops.cast(known, y_true.dtype), ops.where(known, y_true, ops.zeros_like(y_true))
