"""A trial's place in the sweep, from 1. One whose process was killed and its repetition have the same place."""

from collections.abc import Sequence

from optuna import Study, create_trial
from optuna.trial import FrozenTrial, TrialState

TRIES = 3
"""How often the process of a trial may be killed within the same epoch before the trial counts as failed: it may need
too much memory."""

REPEATS, TRY, REACHED, REASON = "repeats", "try", "reached", "reason"
"""User attributes of a trial: number of the first trial that it repeats, the how-manieth it is that goes on after
`reached` epochs, why it has failed."""

EPOCHS = "epochs"
"""User attribute of a trial: the figures of each epoch so far."""


def place_of(trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> int:
    """Place of one of the `trials`."""
    number = trial.user_attrs.get(REPEATS, trial.number)
    return int(number + 1 - sum(REPEATS in other.user_attrs for other in trials if other.number < number))


def by_place(trials: Sequence[FrozenTrial]) -> dict[int, FrozenTrial]:
    """The trial of each place, in their order: the newest one, where it was repeated."""
    ordered = sorted(trials, key=lambda trial: trial.number)
    return dict(sorted({place_of(trial, ordered): trial for trial in ordered}.items()))


def is_due(trial: FrozenTrial) -> bool:
    """Whether the newest trial of its place is to run again: its process was killed, and not yet often enough."""
    killed = trial.state == TrialState.FAIL and REASON not in trial.user_attrs
    return killed and (trial.user_attrs.get(TRY, 1) < TRIES or _epochs(trial) > trial.user_attrs.get(REACHED, 0))


def repeat(study: Study, trial: FrozenTrial) -> None:
    """Have a trial that is due run again with the same values; one that has come further has all its tries again."""
    before = trial.user_attrs.get(REACHED, 0)
    count = 0 if _epochs(trial) > before else trial.user_attrs.get(TRY, 1)
    first = trial.user_attrs.get(REPEATS, trial.number)
    study.add_trial(
        create_trial(
            state=TrialState.WAITING,
            params=trial.params,
            distributions=trial.distributions,
            user_attrs={REPEATS: first, TRY: count + 1, REACHED: max(before, _epochs(trial))},
        )
    )


def _epochs(trial: FrozenTrial) -> int:
    return len(trial.user_attrs.get(EPOCHS, []))


def reason_of(trial: FrozenTrial) -> str:
    """Why a trial has failed."""
    killed = f"its process was killed {trial.user_attrs.get(TRY, 1)} times; it may need too much memory"
    return str(trial.user_attrs.get(REASON, killed))
