"""Several devices learn as one: each from a share of every batch, all with the same weights.

What is learnt is that of one device but for rounding and the draws of dropout and online changes: gradients, their
clipping and the statistics of batch normalisation are those of the whole batch.

`Single` is what a training asks of its devices; `mien.training.replicas` has those of TensorFlow.
"""

from contextlib import nullcontext
from typing import Any

import keras
import numpy as np

Batch = tuple[Any, ...]
"""Images, targets and weights (or None) of faces: arrays, or tensors of the backend."""


class Single:
    """One device: everything stays as it is."""

    count = 1
    compiles = True
    """Whether XLA can compile the step."""

    def __init__(self, device: str) -> None:
        self._device = device

    def scope(self) -> Any:  # noqa: ANN401  a context manager of Keras' backend
        """The context to build a network and train it in."""
        return nullcontext() if self._device == "auto" else keras.device(f"{self._device}:0")

    def join(self, network: keras.Model) -> None:
        """Let layers of `network` that look at the whole batch look at all shares of it."""

    def model(self, model: keras.Model) -> keras.Model:
        """`model` as one that learns from its device's share of a batch."""
        return model

    def optimizer(self, optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
        """`optimizer` as one that clips the gradient of the whole batch."""
        return optimizer

    def seed(self, variable: keras.Variable, start: int) -> None:
        """Let a generator of Keras, whose state is `variable`, begin at `start`."""
        variable.assign(np.array([start, 0], dtype=np.int64))

    def together(self, sums: keras.KerasTensor) -> keras.KerasTensor:
        """Sums over the faces of a device's share, inside the step, to those over the whole batch."""
        return sums

    def share(self, index: np.ndarray) -> np.ndarray:
        """Faces of a batch that this process reads, so that they can be shared out equally and have the same means.

        They are as they come where `count` divides them; else each face comes `count` times, once for each device.

        Args:
            index: int (B,) ascending.

        Returns:
            Int, ascending.
        """
        return index if len(index) % self.count == 0 else np.repeat(index, self.count)


class Sharded(Single):
    """Devices of JAX: a batch lies in pieces on all of them, and the step is that of one device."""

    def __init__(self, names: list[str]) -> None:
        self.count, self._distribution = len(names), keras.distribution.DataParallel(devices=names)

    def scope(self) -> Any:  # noqa: ANN401
        """As `Single.scope`."""
        return self._distribution.scope()
