"""Learning rate and early stopping as functions of the epochs so far.

All state follows from the history, so a resumed run replays the history and is where it was.
"""

import math

from mien.params import ScheduleParams, TrainParams
from mien.training.reports import EpochReport
from mien.training.unfreezing import last_begin, step_of

PLATEAU_MIN_GAIN = 1e-4
"""A smaller gain does not end a plateau; that of Keras' ReduceLROnPlateau."""


class Watch:
    """Follows one validation figure: its best value, the epoch of it, and the epochs since."""

    def __init__(self, monitor: str, min_gain: float) -> None:
        self.monitor, self.min_gain = monitor, min_gain
        self.best_epoch, self.waited = -1, 0
        self._best = -math.inf

    def see(self, report: EpochReport) -> None:
        """Take in the next epoch."""
        value = float(getattr(report, self.monitor)) * (1.0 if self.monitor.endswith("accuracy") else -1.0)
        self.waited += 1
        if self.best_epoch < 0 or value > self._best + self.min_gain:
            self._best, self.best_epoch, self.waited = value, report.epoch, 0


class Course:
    """Where training is: the epochs so far, the learning rate of the next one, whether to stop.

    A step of unfreezing begins with its own learning rate: a plateau of the step before it counts no more.

    Args:
        params: of the stage. Without `early_stopping` the last epoch counts as the best one and the plateau is that of
            the validation loss.
    """

    def __init__(self, params: TrainParams) -> None:
        self.params = params
        self.history: list[EpochReport] = []
        stopping = params.early_stopping
        monitor = stopping.monitor if stopping else "val_loss"
        self._stopping = Watch(monitor, stopping.min_delta if stopping else 0.0)
        self._begin_plateau()

    def _begin_plateau(self) -> None:
        self._plateau, self._reductions = Watch(self._stopping.monitor, PLATEAU_MIN_GAIN), 0

    def see(self, report: EpochReport) -> None:
        """Take in a finished epoch."""
        self.history.append(report)
        self._stopping.see(report)
        self._plateau.see(report)
        if self._plateau.waited >= self.params.schedule.patience:
            self._reductions, self._plateau.waited = self._reductions + 1, 0
        if step_of(self.params, report.epoch + 1) != step_of(self.params, report.epoch):
            self._begin_plateau()

    @property
    def best_epoch(self) -> int:
        """Epoch (from 0) whose weights are the result; -1 before the first."""
        return self._stopping.best_epoch if self.params.early_stopping else len(self.history) - 1

    @property
    def stopped_early(self) -> bool:
        """Whether training ended before the last epoch, because the validation figure gained no more."""
        return self._gains_no_more and len(self.history) < self.params.epochs

    @property
    def ended(self) -> bool:
        """Whether there is no next epoch."""
        return self._gains_no_more or len(self.history) >= self.params.epochs

    @property
    def _gains_no_more(self) -> bool:
        stopping = self.params.early_stopping
        return stopping is not None and min(self._stopping.waited, self._last_step) >= stopping.patience

    @property
    def _last_step(self) -> int:
        """Epochs since the last step of unfreezing began: until then a standstill may end with the next one."""
        return len(self.history) - last_begin(self.params)

    def learning_rate(self) -> float:
        """Learning rate of the next epoch."""
        schedule, epoch = self.params.schedule, len(self.history)
        step = step_of(self.params, epoch)
        base = self.params.optimizer.learning_rate * (step.factor if step else 1.0)
        if epoch < schedule.warmup_epochs:
            return base * (epoch + 1) / (schedule.warmup_epochs + 1)
        if schedule.name == "cosine":
            return base * _cosine(epoch - schedule.warmup_epochs, self.params.epochs - schedule.warmup_epochs)
        if schedule.name == "plateau":
            return self._stepped(base, schedule)
        return base

    def _stepped(self, base: float, schedule: ScheduleParams) -> float:
        return max(base * schedule.factor**self._reductions, min(base, schedule.minimum))


def _cosine(epoch: int, epochs: int) -> float:
    """Share of the learning rate: 1 at the first epoch, nearly 0 at the last (Loshchilov and Hutter, 2017)."""
    return 0.5 * (1.0 + math.cos(math.pi * epoch / epochs))
