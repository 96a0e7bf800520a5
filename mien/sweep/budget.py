"""How long a sweep goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import time
from typing import Self

from optuna import Study
from optuna.trial import TrialState

from mien.params import SweepParams
from mien.sweep.places import by_place


@dataclass(frozen=True)
class Budget:
    """So many trials in the whole study, none begun after `until` (seconds since 1970).

    The processes of one machine begin their trials one after the other. Several machines that share a database may look
    at the same moment: then there is up to one trial more for each further machine.
    """

    trials: int
    until: float | None = None

    @classmethod
    def of(cls, sweep: SweepParams, trials: int | None = None) -> Self:
        """From now on; `trials` instead of those of the section."""
        return cls(trials or sweep.trials, time() + sweep.hours * 3600 if sweep.hours else None)

    @property
    def words(self) -> Sequence[str]:
        """As options of `tasks.trials`."""
        return ["--trials", str(self.trials), *(["--until", str(self.until)] if self.until else [])]

    def allows(self, study: Study) -> bool:
        """Whether one more trial may begin: a new one, or one again whose process was killed."""
        if self.until is not None and time() >= self.until:
            return False
        trials = study.get_trials(deepcopy=False)
        waiting = any(trial.state == TrialState.WAITING for trial in trials)
        return waiting or len(by_place(trials)) < self.trials
