"""The same trials from the same seed, whatever process draws them."""

from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial

from mien.sweep.places import place_of


class PlacedSampler(BaseSampler):
    """Optuna's TPE, seeded anew for each trial by seed and place of the trial.

    One generator for all trials would begin again in every process: two workers would draw the same first trials, and
    a sweep gone on with after a kill would repeat its own.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._of_trial: tuple[int, TPESampler] | None = None

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """As TPE does."""
        return self._sampler(study, trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As TPE does."""
        return self._sampler(study, trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:  # noqa: ANN401
        """As TPE does."""
        return self._sampler(study, trial).sample_independent(study, trial, param_name, param_distribution)

    def _sampler(self, study: Study, trial: FrozenTrial) -> TPESampler:
        if self._of_trial is None or self._of_trial[0] != trial.number:
            place = place_of(trial, study.get_trials(deepcopy=False))
            seed = int(np.random.SeedSequence([self._seed, place]).generate_state(1)[0])
            self._of_trial = (trial.number, TPESampler(seed=seed))
        return self._of_trial[1]
