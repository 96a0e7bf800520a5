"""Running the trials of a study, one after the other; several processes may do so at once."""

import gc
import math
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import keras
from filelock import FileLock
from optuna import Study, Trial, TrialPruned
from optuna.trial import FrozenTrial, TrialState

from mien.errors import TrainingError
from mien.params import TrainParams
from mien.sweep.budget import Budget
from mien.sweep.places import EPOCHS, REASON, by_place, place_of
from mien.sweep.reasons import reason
from mien.sweep.space import in_words, trial_params
from mien.sweep.storage import study_folder
from mien.sweep.study import PROCESS, repeat_killed, settings_of
from mien.training import EpochReport
from mien.training.data import TrainingData
from mien.training.trainer import train_model


@dataclass(frozen=True)
class Worker:
    """Who does it: `process` names this process, `lives` says whether one of such a name is there."""

    process: str
    lives: Callable[[str], bool]


class TrialLog(Protocol):
    """Takes what happens in one trial; its context ends with the exception that ended the trial, if one did."""

    def epoch(self, report: EpochReport, best: float) -> None:
        """Take the figures of an epoch, and the best value up to it."""


class Log(Protocol):
    """Takes what happens."""

    def trial(self, place: int, number: int, params: TrainParams) -> AbstractContextManager[TrialLog]:
        """A trial begins."""

    def ended(self, study: Study) -> None:
        """A trial has ended."""


class Runner:
    """Runs trials as long as the budget allows."""

    def __init__(self, study: Study, data: TrainingData, worker: Worker, log: Log, tell: Callable[[str], None]) -> None:
        self.study, self.settings = study, settings_of(study)
        self._data, self._worker, self._log, self._tell = data, worker, log, tell
        self._folder = study_folder(study.study_name)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._claim = FileLock(self._folder / "claim.lock")
        self._begun, self._ended_here = time.monotonic(), 0

    def run(self, budget: Budget) -> None:
        """Run one trial after the other; one that fails does not end this."""
        while self._run_next(budget):
            pass

    def _run_next(self, budget: Budget) -> bool:
        """Whether a trial was run. From looking what is left to having it no other process of this machine looks."""
        self._claim.acquire()
        try:
            for trial in repeat_killed(self.study, self._worker.lives):
                self._tell_killed(trial)
            if not budget.allows(self.study):
                return False
            self.study.optimize(self._objective, n_trials=1, catch=(Exception,))
        finally:
            self._claim.release(force=True)
        self._log.ended(self.study)
        self._say_progress(budget)
        return True

    def _tell_killed(self, trial: FrozenTrial) -> None:
        """Say it; one that is given up goes on from no checkpoint any more."""
        trials = self.study.get_trials(deepcopy=False)
        place = place_of(trial, trials)
        self._tell(f"trial {place}: its process was killed")
        if by_place(trials)[place].state == TrialState.FAIL:
            shutil.rmtree(self._checkpoints(place), ignore_errors=True)

    def _checkpoints(self, place: int) -> Path:
        return self._folder / f"trial-{place:04d}"

    def _say_progress(self, budget: Budget) -> None:
        """As `mien.progress` does, so that whoever shows that shows this."""
        self._ended_here += 1
        ended = sum(trial.state.is_finished() for trial in by_place(self.study.get_trials(deepcopy=False)).values())
        left = (budget.trials - ended) * (time.monotonic() - self._begun) / self._ended_here
        share = ended / max(budget.trials, ended)
        self._tell(f"sweep: {ended:,} of {budget.trials:,} ({share:.0%}), {max(left, 0):.0f} s left")

    def _objective(self, trial: Trial) -> float:
        trial.set_user_attr(PROCESS, self._worker.process)
        place = place_of(self.study.trials[trial.number], self.study.get_trials(deepcopy=False))
        try:
            params = trial_params(self.settings.train, self.settings.sweep, trial)
            self._claim.release(force=True)
            self._tell(f"trial {place} begins: {in_words(trial.params)}")
            with self._log.trial(place, trial.number, params) as log:
                value = self._train(trial, place, params, log)
        except TrialPruned:
            self._tell(f"trial {place} is pruned: worse than the median of the finished ones at that epoch")
            raise
        except Exception as error:
            trial.set_user_attr(REASON, reason(error))
            self._tell(f"trial {place} has failed: {reason(error)}")
            raise
        self._tell(f"trial {place} has finished: {self.settings.sweep.metric} {value:.4f}")
        return value

    def _train(self, trial: Trial, place: int, params: TrainParams, log: TrialLog) -> float:
        """Train from the trial's newest checkpoint on; these stay only where the process is ended from outside."""
        curve = _Curve(trial, self.settings.sweep.metric, log)
        checkpoints = self._checkpoints(place)
        try:
            train_model(
                self._data, params, checkpoints, on_epoch=curve, tell=lambda line: self._tell(f"trial {place}: {line}")
            )
        except Exception:
            shutil.rmtree(checkpoints, ignore_errors=True)
            raise
        finally:
            keras.backend.clear_session()
            gc.collect()
        shutil.rmtree(checkpoints, ignore_errors=True)
        if math.isnan(curve.best):
            raise TrainingError(f"{self.settings.sweep.metric} is not a number in some epoch")
        return curve.best


class _Curve:
    """Reports each epoch of a trial, and ends the hopeless one: by an exception, through the loop of training."""

    def __init__(self, trial: Trial, metric: str, log: TrialLog) -> None:
        self._trial, self._metric, self._log = trial, metric, log
        self._figures: list[dict[str, float]] = []

    @property
    def best(self) -> float:
        """Value of the best epoch."""
        values = [figures[self._metric] for figures in self._figures]
        return max(values) if self._metric == "val_accuracy" else min(values)

    def __call__(self, report: EpochReport) -> None:
        self._figures.append({**report.figures(), "ended": report.ended})
        self._log.epoch(report, self.best)
        self._trial.report(self._figures[-1][self._metric], report.epoch)
        self._trial.set_user_attr(EPOCHS, self._figures)
        if self._trial.should_prune():
            raise TrialPruned
