"""Several devices learn as one: each from a share of every batch, all with the same weights. TensorFlow and JAX only.

What is learnt is that of one device but for rounding and the draws of dropout and online changes: gradients, their
clipping and the statistics of batch normalisation are those of the whole batch.
"""

from collections.abc import Callable
from contextlib import nullcontext
from functools import cache
from typing import Any

import keras
import numpy as np

from mien.params import TrainParams
from mien.training.devices import devices

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

    def even(self, *batch: np.ndarray | None) -> Batch:
        """Arrays (B, ...) that can be shared out equally and have the same means.

        They are as they come where `count` divides B; else each face comes `count` times, once for each device.
        """
        return tuple(
            array if array is None or len(array) % self.count == 0 else np.repeat(array, self.count, axis=0)
            for array in batch
        )


class Mirrored(Single):
    """Devices of TensorFlow: each takes its share through the step, and the gradients are summed."""

    compiles = False  # in XLA's programs no device reaches the variables of another

    def __init__(self, names: list[str]) -> None:
        self.count, self._strategy = len(names), _strategy(tuple(names))

    def scope(self) -> Any:  # noqa: ANN401
        """As `Single.scope`."""
        return self._strategy.scope()

    def join(self, network: keras.Model) -> None:
        """As `Single.join`."""
        for layer in network.layers:
            if isinstance(layer, keras.Model):  # a backbone
                self.join(layer)
            elif isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True

    def model(self, model: keras.Model) -> keras.Model:
        """As `Single.model`."""
        return _SharingModel(model.inputs, model.outputs, name=model.name)

    def optimizer(self, optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
        """As `Single.optimizer`."""
        if optimizer.clipnorm is None:
            return optimizer
        kind: Any = type(type(optimizer).__name__, (_ClipsTogether, type(optimizer)), {})
        return kind.from_config({**optimizer.get_config(), "clipnorm": optimizer.clipnorm / self.count})

    def seed(self, variable: keras.Variable, start: int) -> None:
        """As `Single.seed`, but another start for each device: the same would change all shares alike."""
        starts = self._strategy.experimental_distribute_values_from_function(
            lambda replica: np.array([start + replica.replica_id_in_sync_group, 0], dtype=np.int64)
        )
        self._strategy.run(variable.assign, args=(starts,))


class Sharded(Single):
    """Devices of JAX: a batch lies in pieces on all of them, and the step is that of one device."""

    def __init__(self, names: list[str]) -> None:
        self.count, self._distribution = len(names), keras.distribution.DataParallel(devices=names)

    def scope(self) -> Any:  # noqa: ANN401
        """As `Single.scope`."""
        return self._distribution.scope()


KINDS: dict[str, Callable[[list[str]], Single]] = {"tensorflow": Mirrored, "jax": Sharded}
"""By backend; the others learn on one device."""


def choose(params: TrainParams, tell: Callable[[str], None]) -> Single:
    """All devices that `params.device` means, or as many as there are faces in a batch.

    Args:
        params: of the stage.
        tell: takes lines for people where there is more than one device.

    Raises:
        TrainingError: no such device.
    """
    names, backend = devices(params.device)[: params.batch_size], keras.backend.backend()
    if len(names) < 2 or backend not in KINDS:
        return Single(params.device)
    chosen = KINDS[backend](names)
    batch = params.batch_size - params.batch_size % chosen.count
    tell(f"learning on {chosen.count} devices together ({', '.join(names)}), at most {batch} faces in a batch.")
    if params.jit_compile and not chosen.compiles:
        tell(f"train.jit_compile is ignored: {backend} cannot compile a step of several devices with XLA.")
    return chosen


@cache
def _strategy(names: tuple[str, ...]) -> Any:  # noqa: ANN401
    """One for all trainings of the process: a second one would number its reductions anew, and meet the first one's."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(names)


class _SharingModel(keras.Model):  # type: ignore[misc]
    """Each replica of TensorFlow is given the whole batch and takes every `count`-th face.

    Not one run of neighbours: batches are in the order of the files, where changed copies stand behind the others.
    """

    def train_step(self, data: Batch) -> Any:  # noqa: ANN401
        return super().train_step(_share(data))

    def test_step(self, data: Batch) -> Any:  # noqa: ANN401
        return super().test_step(_share(data))


def _share(batch: Batch) -> Batch:
    import tensorflow as tf

    replica = tf.distribute.get_replica_context()
    own = slice(replica.replica_id_in_sync_group, None, replica.num_replicas_in_sync)
    return tuple(None if tensor is None else tensor[own] for tensor in batch)


class _ClipsTogether:
    """An optimiser of Keras clips before the replicas' gradients are summed; this one shares them first.

    Each replica then has the mean of all, which is the gradient of the whole batch divided by their number; so must
    `clipnorm` be, and the sum that follows undoes both.
    """

    def apply(self, grads: list[Any], trainable_variables: list[Any] | None = None) -> None:
        import tensorflow as tf

        mean = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, grads)
        super().apply(mean, trainable_variables)  # type: ignore[misc]
