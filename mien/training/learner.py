"""A network that learns batch by batch, and whose whole state can be taken out and put back. Keras only."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from mien.augmentation.online import AugmentOnline
from mien.networks import AFFECT, PROBABILITIES
from mien.networks.backbone import let_learn
from mien.params import OptimizerParams, Ranges, TrainParams
from mien.training.affect import affect_loss
from mien.training.parallel import Single
from mien.training.unfreezing import step_of, steps


class Figures(NamedTuple):
    """Of one batch: mean loss and accuracy of the classes, and the loss of valence and arousal, 0 without them."""

    loss: float
    accuracy: float
    affect: float = 0.0


class Learner:
    """Network, optimiser and compiled step; make and use it in the scope of its devices.

    Where a step of unfreezing begins, the optimiser begins anew: its moments are those of other variables.

    Raises:
        ParamsError: a step has more blocks learn than the backbone has.

    Each call of Keras' `train_on_batch` gives the figures of that batch, which costs no more than `fit` (see
    benchmarks/training.py) and leaves order, seeds and the place of a fault in our hands.
    """

    def __init__(self, network: keras.Model, params: TrainParams, devices: Single) -> None:
        self.network, self.devices = network, devices
        devices.join(network)
        if named := [step.blocks for step in steps(params) or () if step.blocks]:
            let_learn(network, max(named))  # more than there are shall be said now, not after hours
        self.model = devices.model(_augmented(network, params.augment_online) if params.augment_online else network)
        self._params, self._step = params, step_of(params, 0)
        self._compile()
        self._seeds = [variable for variable in self.model.variables if variable.name == "seed_generator_state"]

    def _compile(self) -> None:
        if steps(self._params) is not None:
            let_learn(self.network, self._step.blocks if self._step else 0)
        self.optimizer = self.devices.optimizer(make_optimizer(self._params.optimizer))
        self.model.compile(
            self.optimizer,
            **self._losses(),
            jit_compile=self._params.jit_compile and self.devices.compiles,
        )
        self.model.make_train_function(force=True)  # those of before know other variables and figures
        self.model.make_test_function(force=True)
        self.optimizer.build(self.model.trainable_variables)

    def _losses(self) -> dict[str, Any]:
        """What the network is judged by, as `compile` takes it."""
        classes, accuracy = keras.losses.CategoricalCrossentropy(), keras.metrics.CategoricalAccuracy(name="accuracy")
        if self._params.affect is None:
            return {"loss": classes, "metrics": [accuracy]}
        return {
            "loss": {PROBABILITIES: classes, AFFECT: affect_loss(self._params.affect, self.devices.together)},
            "loss_weights": {PROBABILITIES: 1.0, AFFECT: self._params.affect.weight},
            "metrics": {PROBABILITIES: [accuracy]},
        }

    def enter(self, epoch: int) -> None:
        """Let that part of a backbone learn that learns in `epoch` (from 0)."""
        step = step_of(self._params, epoch)
        if step != self._step:
            self._step = step
            self._compile()

    def begin_epoch(self, seed: int, epoch: int, learning_rate: float) -> None:
        """Set the learning rate, and all random numbers of the epoch (dropout, changes of faces) by seed and epoch."""
        self.enter(epoch)
        self.optimizer.learning_rate = learning_rate
        starts = np.random.SeedSequence([seed, epoch]).generate_state(len(self._seeds)) >> 1  # fits any backend's dtype
        for variable, start in zip(self._seeds, starts, strict=True):
            self.devices.seed(variable, int(start))

    def step(
        self, images: np.ndarray, targets: np.ndarray, weights: np.ndarray | None, affect: np.ndarray | None = None
    ) -> Figures:
        """Learn from one batch.

        Args:
            images: uint8 (B, H, W, C).
            targets: float32 (B, classes).
            weights: float32 (B,) of each face in the loss of the classes, or None for 1.
            affect: float32 (B, 2), valence and arousal, NaN where not known; None: the network has no such head.

        Returns:
            Mean losses (that of the classes weighted) and accuracy (not weighted) of the batch before the step.
        """
        if affect is None:
            return _figures(self.model.train_on_batch(images, targets, weights, return_dict=True))
        wanted, weights = _both(targets, affect), np.ones(len(images), np.float32) if weights is None else weights
        every = {PROBABILITIES: weights, AFFECT: np.ones(len(images), np.float32)}
        return _figures(self.model.train_on_batch(images, wanted, every, return_dict=True))

    def judge(self, images: np.ndarray, targets: np.ndarray, affect: np.ndarray | None = None) -> Figures:
        """Figures of a batch, as `step`, without learning."""
        wanted = targets if affect is None else _both(targets, affect)
        return _figures(self.model.test_on_batch(images, wanted, return_dict=True))

    def all_finite(self) -> bool:
        """Whether no variable of network or optimiser holds NaN or infinity."""
        return all(np.isfinite(value).all() for group in self.state().values() for value in group)

    def state(self) -> dict[str, list[np.ndarray]]:
        """Copies of all variables of network and optimiser."""
        return {"weights": _values(self.network.weights), "optimizer": _values(self.optimizer.variables)}

    def restore(self, state: Mapping[str, Sequence[np.ndarray]]) -> None:
        """Put back what `state` gave in an epoch of the same step of unfreezing: `enter` it first."""
        self.network.set_weights(list(state["weights"]))
        for variable, value in zip(self.optimizer.variables, state["optimizer"], strict=True):
            variable.assign(value)


def _both(targets: np.ndarray, affect: np.ndarray) -> dict[str, np.ndarray]:
    return {PROBABILITIES: targets, AFFECT: affect}


def _figures(named: Mapping[str, Any]) -> Figures:
    """From Keras' names, which are others where there are two heads."""
    if f"{AFFECT}_loss" not in named:
        return Figures(float(named["loss"]), float(named["accuracy"]))
    names = (f"{PROBABILITIES}_loss", f"{PROBABILITIES}_accuracy", f"{AFFECT}_loss")
    return Figures(*(float(named[name]) for name in names))


def make_optimizer(params: OptimizerParams) -> keras.optimizers.Optimizer:
    """The optimiser of Keras that params name."""
    makers: dict[str, Callable[..., keras.optimizers.Optimizer]] = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "sgd": keras.optimizers.SGD,
        "rmsprop": keras.optimizers.RMSprop,
    }
    options: dict[str, float | bool | None] = {"learning_rate": params.learning_rate, "clipnorm": params.clipnorm}
    if params.weight_decay is not None:  # None would switch off the one that AdamW has by default
        options["weight_decay"] = params.weight_decay
    if params.name == "sgd":
        options |= {"momentum": params.momentum, "nesterov": params.momentum > 0.0}
    return makers[params.name](**options)


def _augmented(network: keras.Model, ranges: Ranges) -> keras.Model:
    """`network` behind random changes that happen in training only; it is saved without them."""
    faces = keras.Input(network.input_shape[1:], dtype="uint8")
    return keras.Model(faces, network(_Change(ranges)(faces)))


class _Change(keras.layers.Layer):  # type: ignore[misc]
    """Changes each face of a batch at random when training."""

    def __init__(self, ranges: Ranges) -> None:
        super().__init__(dtype="float32")
        self._change = AugmentOnline(ranges)
        self._seed = keras.random.SeedGenerator(0)

    def call(self, images: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """(B, H, W, C) uint8 to the same."""
        return self._change(images, self._seed) if training else images


def _values(variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    # Copied, because some backends hand out a view of the variable itself.
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
