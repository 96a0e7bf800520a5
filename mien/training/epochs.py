"""One epoch: learn from every training face once, then judge the validation faces."""

import math
import time
from collections.abc import Callable

import numpy as np

from mien.errors import TrainingError
from mien.params import TrainParams
from mien.training.data import TrainingData, balanced_weights, epoch_batches, targets
from mien.training.learner import Figures, Learner
from mien.training.reports import EpochReport

Advance = Callable[[int, str], None]
"""Told how many faces were learnt from since the last call, and the figures so far."""


class EpochRunner:
    """Brings a learner and the faces together."""

    def __init__(self, learner: Learner, data: TrainingData, params: TrainParams) -> None:
        classes = len(data.classes)
        self._learner, self._data, self._params = learner, data, params
        self._targets, self._plain_targets = targets(classes, params.label_smoothing), targets(classes)
        self._weights = balanced_weights(data.training, classes) if params.class_weight == "balanced" else None

    def run(self, epoch: int, learning_rate: float, advance: Advance) -> EpochReport:
        """Run epoch `epoch` (from 0).

        Raises:
            TrainingError: a loss, a weight or a value of the optimiser is NaN or infinite.
        """
        started = time.perf_counter()
        self._learner.begin_epoch(self._params.seed, epoch, learning_rate)
        learnt = self._learn(epoch, advance)
        images_per_second = len(self._data.training) / (time.perf_counter() - started)
        judged = self._judge(epoch)
        return EpochReport(
            epoch=epoch,
            epochs=self._params.epochs,
            loss=learnt.loss,
            accuracy=learnt.accuracy,
            val_loss=judged.loss,
            val_accuracy=judged.accuracy,
            learning_rate=learning_rate,
            seconds=time.perf_counter() - started,
            images_per_second=images_per_second,
            ended=time.time(),
            affect_loss=learnt.affect,
            val_affect_loss=judged.affect,
        )

    def _learn(self, epoch: int, advance: Advance) -> "_Mean":
        faces, mean = self._data.training, _Mean()
        batches = epoch_batches(
            len(faces), self._params.batch_size, self._params.seed, epoch, self._learner.devices.count
        )
        for number, index in enumerate(batches, start=1):
            own = self._learner.devices.share(index)
            labels = faces.labels[own]
            weights = None if self._weights is None else self._weights[labels]
            figures = self._learner.step(faces.images(own), self._targets[labels], weights, faces.affect_of(own))
            for loss in (figures.loss, figures.affect):
                self._check(loss, f"the loss is {loss} in epoch {epoch + 1}, batch {number} of {len(batches)}")
            mean.add(len(index), figures, faces.known(index))
            note = f"epoch {epoch + 1}/{self._params.epochs} loss {mean.loss:.3f} accuracy {mean.accuracy:.3f}"
            advance(len(index), note)
        return mean

    def _judge(self, epoch: int) -> "_Mean":
        faces, mean = self._data.validation, _Mean()
        for start in range(0, len(faces), self._params.batch_size):
            index = np.arange(start, min(start + self._params.batch_size, len(faces)))
            own = self._learner.devices.share(index)
            targets = self._plain_targets[faces.labels[own]]
            mean.add(
                len(index), self._learner.judge(faces.images(own), targets, faces.affect_of(own)), faces.known(index)
            )
        self._check(mean.loss, f"the validation loss is {mean.loss} after epoch {epoch + 1}")
        if not self._learner.all_finite():
            raise self._error(f"a weight or a value of the optimiser is no number after epoch {epoch + 1}")
        return mean

    def _check(self, loss: float, what: str) -> None:
        if not math.isfinite(loss):
            raise self._error(what)

    def _error(self, what: str) -> TrainingError:
        return TrainingError(
            f"{what}. No model is written; the checkpoint of the last good epoch stays. Lower "
            f"train.optimizer.learning_rate ({self._params.optimizer.learning_rate:g}) or set train.optimizer.clipnorm."
        )


class _Mean:
    """Losses and accuracy over batches of different sizes."""

    def __init__(self) -> None:
        self._faces, self._loss, self._hits = 0, 0.0, 0.0
        self._known, self._affect = 0.0, 0.0

    def add(self, faces: int, figures: Figures, known: float) -> None:
        self._faces += faces
        self._loss += figures.loss * faces
        self._hits += figures.accuracy * faces
        self._known += known
        self._affect += figures.affect * faces  # a mean in which what is not known counts as 0

    @property
    def loss(self) -> float:
        return self._loss / self._faces

    @property
    def affect(self) -> float | None:
        return self._affect / self._known if self._known else None

    @property
    def accuracy(self) -> float:
        return self._hits / self._faces
