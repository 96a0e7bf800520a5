"""Devices of TensorFlow that learn as one, in this process or in several (`tf.distribute`).

Every replica takes its share of a batch through the step of Keras, and the gradients are summed.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import keras
import numpy as np

from mien.errors import TrainingError
from mien.training.cluster import Cluster
from mien.training.devices import gpus
from mien.training.parallel import Batch, Single

CONNECT_SECONDS = 120.0
"""How long TensorFlow may take to connect members that have met a moment ago."""


class Mirrored(Single):
    """Devices of this process."""

    _first = 0
    """Position of this process' first device among all."""

    compiles = False  # in XLA's programs no device reaches the variables of another

    def __init__(self, names: list[str]) -> None:
        self._strategy = _strategy(tuple(names))
        self.count = self._strategy.num_replicas_in_sync

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
        return _SharingModel(model.inputs[0], model(model.inputs[0]), name=model.name)

    def optimizer(self, optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
        """As `Single.optimizer`."""
        if optimizer.clipnorm is None:
            return optimizer
        kind: Any = type(type(optimizer).__name__, (_ClipsTogether, type(optimizer)), {})
        return kind.from_config({**optimizer.get_config(), "clipnorm": optimizer.clipnorm / self.count})

    def together(self, sums: keras.KerasTensor) -> keras.KerasTensor:
        """As `Single.together`."""
        import tensorflow as tf

        replica = tf.distribute.get_replica_context()  # None while Keras only looks at shapes
        return replica.all_reduce(tf.distribute.ReduceOp.SUM, sums) if replica else sums

    def seed(self, variable: keras.Variable, start: int) -> None:
        """As `Single.seed`, but another start for each device: the same would change all shares alike."""
        for place, part in enumerate(variable.value.values, start=self._first):
            part.assign(np.array([start + place, 0], dtype=part.dtype.as_numpy_dtype))


class Workers(Mirrored):
    """Devices of all the processes of a cluster, which have met (`mien.training.meeting`).

    Each process reads its own share of a batch only.

    Args:
        cluster: who.
        device: as in `mien.params.TrainParams`; a CPU is one device.

    Raises:
        TrainingError: this process has used TensorFlow before.
    """

    def __init__(self, cluster: Cluster, device: str) -> None:
        self._cluster, self._strategy = cluster, _workers(cluster, device)
        self.count, self._here = self._strategy.num_replicas_in_sync, len(self._strategy.extended.worker_devices)
        self._first = cluster.index * self._here

    @contextmanager
    def scope(self) -> Iterator[None]:
        """As `Single.scope`.

        Raises:
            TrainingError: another member is gone.
        """
        import tensorflow as tf

        gone = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.InternalError)
        try:
            with self._strategy.scope():
                yield
        except gone as error:
            reason = " ".join(str(error.message).split())[:300]
            raise TrainingError(
                f"{self._cluster.name} has lost another one of the {len(self._cluster.members)} that learn together "
                f"({reason}). See why that one has ended, then start all of them again: training goes on after its "
                "last finished epoch."
            ) from error

    def share(self, index: np.ndarray) -> np.ndarray:
        """As `Single.share`, but the share of this process alone: every `count`-th for each of its devices."""
        own = slice(self._first, self._first + self._here)
        shares: np.ndarray = super().share(index).reshape(-1, self.count)[:, own]
        return shares.ravel()

    def model(self, model: keras.Model) -> keras.Model:
        """As `Single.model`."""
        return _WorkersModel(model.inputs[0], model(model.inputs[0]), name=model.name)


@cache
def _strategy(names: tuple[str, ...]) -> Any:  # noqa: ANN401
    """One for all trainings of the process: a second one would number its reductions anew, and meet the first one's."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(names)


@cache
def _workers(cluster: Cluster, device: str) -> Any:  # noqa: ANN401
    """As `_strategy`, of the cluster."""
    import tensorflow as tf

    if device == "cpu" and gpus():
        tf.config.set_visible_devices([], "GPU")
    lost = threading.Timer(CONNECT_SECONDS, _give_up, args=(cluster,))  # TensorFlow itself would wait for ever
    lost.daemon = True
    lost.start()
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError as error:
        raise TrainingError(
            f"{cluster.name} cannot join the others: {str(error).splitlines()[0]}. Train in a process of its own."
        ) from error
    finally:
        lost.cancel()


def _give_up(cluster: Cluster) -> None:
    print(
        f"\ntrain failed: TensorFlow has not connected {cluster.name} with the others within {CONNECT_SECONDS:.0f} s. "
        "See whether one of them has ended, and that all reach the addresses in TF_CONFIG; then start all again.",
        file=sys.stderr,
        flush=True,
    )
    os._exit(1)


class _SharingModel(keras.Model):  # type: ignore[misc]
    """Each replica of a process is given what the process has of a batch, and takes every so many-th face of it.

    Not one run of neighbours: batches are in the order of the files, where changed copies stand behind the others.
    """

    def train_step(self, data: Batch) -> Any:  # noqa: ANN401
        return super().train_step(_share(data))

    def test_step(self, data: Batch) -> Any:  # noqa: ANN401
        return super().test_step(_share(data))


class _WorkersModel(_SharingModel):
    """Keras (3.15) takes means of figures over several processes along their first axis, which a figure has not."""

    def train_step(self, data: Batch) -> Any:  # noqa: ANN401
        return _with_axis(super().train_step(data))

    def test_step(self, data: Batch) -> Any:  # noqa: ANN401
        return _with_axis(super().test_step(data))


def _with_axis(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: keras.ops.reshape(figure, (1,)) for name, figure in figures.items()}


def _share(batch: Batch) -> Batch:
    import tensorflow as tf

    replica = tf.distribute.get_replica_context()
    here = len(replica.strategy.extended.worker_devices)
    own = slice(replica.replica_id_in_sync_group % here, None, here)
    shared: Batch = keras.tree.map_structure(lambda tensor: None if tensor is None else tensor[own], batch)
    return shared


class _ClipsTogether:
    """An optimiser of Keras clips before the replicas' gradients are summed; this one shares them first.

    Each replica then has the mean of all, which is the gradient of the whole batch divided by their number; so must
    `clipnorm` be, and the sum that follows undoes both.
    """

    def apply(self, grads: list[Any], trainable_variables: list[Any] | None = None) -> None:
        import tensorflow as tf

        mean = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, grads)
        super().apply(mean, trainable_variables)  # type: ignore[misc]
