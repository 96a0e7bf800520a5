"""A trial's place in the sweep, from 1. One whose process was killed and its repetition have the same place."""

from collections.abc import Sequence

from optuna import Study, create_trial
from optuna.trial import FrozenTrial, TrialState

TRIES = 3
"""How often the process of a trial may be killed before the trial counts as failed: it may need too much memory."""

REPEATS, TRY, REASON = "repeats", "try", "reason"
"""User attributes of a trial: number of the first trial that it repeats, the how-manieth it is, why it has failed."""


def place_of(trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> int:
    """Place of one of the `trials`."""
    number = trial.user_attrs.get(REPEATS, trial.number)
    return int(number + 1 - sum(REPEATS in other.user_attrs for other in trials if other.number < number))


def by_place(trials: Sequence[FrozenTrial]) -> dict[int, FrozenTrial]:
    """The trial of each place, in their order: the newest one, where it was repeated."""
    ordered = sorted(trials, key=lambda trial: trial.number)
    return dict(sorted({place_of(trial, ordered): trial for trial in ordered}.items()))


def repeat(study: Study, trial: FrozenTrial) -> None:
    """Have a trial whose process was killed run again with the same values, unless that was tried often enough."""
    count = trial.user_attrs.get(TRY, 1)
    if count >= TRIES:
        return
    study.add_trial(
        create_trial(
            state=TrialState.WAITING,
            params=trial.params,
            distributions=trial.distributions,
            user_attrs={REPEATS: trial.user_attrs.get(REPEATS, trial.number), TRY: count + 1},
        )
    )


def reason_of(trial: FrozenTrial) -> str:
    """Why a trial has failed."""
    killed = f"its process was killed {trial.user_attrs.get(TRY, 1)} times; it may need too much memory"
    return str(trial.user_attrs.get(REASON, killed))
