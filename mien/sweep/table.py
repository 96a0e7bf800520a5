"""What a sweep has found, as tables."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd
from optuna import Study
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from mien.sweep.places import EPOCHS, REASON, by_place, reason_of
from mien.sweep.reasons import Group, grouped
from mien.sweep.space import in_words
from mien.sweep.study import settings_of

BEST = 10
COLUMNS = ("trial", "state", "best_epoch", "epochs", "seconds", "reason")
ENOUGH = 4
"""Different values of finished trials from which on importances say anything."""

NOT_ENDED = "not ended"
WORDS = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: NOT_ENDED,
    TrialState.WAITING: NOT_ENDED,
}


@dataclass(frozen=True)
class Best:
    """A finished trial: its place, value and epoch (from 1) of the value, seconds, and what was drawn in words."""

    place: int
    value: float
    epoch: int
    seconds: float
    drawn: str


def best_trials(study: Study, count: int = BEST) -> list[Best]:
    """The finished trials, the best first."""
    finished = [item for item in _places(study).items() if item[1].state == TrialState.COMPLETE]
    made = [
        Best(place, float(trial.value or 0.0), _best_epoch(trial, trial.value), _seconds(trial), in_words(trial.params))
        for place, trial in finished
    ]
    sign = -1.0 if study.direction.name == "MAXIMIZE" else 1.0
    return sorted(made, key=lambda best: (sign * best.value, best.place))[:count]


def states(study: Study) -> dict[str, int]:
    """How many trials ended how, in words."""
    counts = dict.fromkeys(WORDS.values(), 0)
    for trial in _places(study).values():
        counts[WORDS[trial.state]] += 1
    return {word: count for word, count in counts.items() if count}


def failures(study: Study) -> list[Group]:
    """Why trials have failed, the same reasons together."""
    failed = [(place, trial) for place, trial in _places(study).items() if trial.state == TrialState.FAIL]
    return grouped((place, reason_of(trial)) for place, trial in failed)


def all_failed(study: Study) -> bool:
    """Whether trials have ended and none in any other way."""
    return set(states(study)) == {"failed"}


def trials_table(study: Study) -> pd.DataFrame:
    """One row for every trial in the order of their places: how it ended and why, value, epochs, what was drawn."""
    metric, names = settings_of(study).sweep.metric, drawn_names(study)
    rows = [_row(place, trial, metric) for place, trial in _places(study).items()]
    whole = {name: "Int64" for name in names if all(isinstance(row.get(name, 0), int) for row in rows)}
    return pd.DataFrame(rows, columns=[*COLUMNS[:2], metric, *COLUMNS[2:], *names]).astype(whole)


def drawn_names(study: Study) -> list[str]:
    """The settings that are drawn, `filters_1` and so on, in alphabetical order."""
    return sorted({name for trial in study.get_trials(deepcopy=False) for name in trial.params})


def _row(place: int, trial: FrozenTrial, metric: str) -> dict[str, Any]:
    value = value_of(trial, metric)
    return {
        "trial": place,
        "state": WORDS[trial.state],
        metric: value,
        "best_epoch": _best_epoch(trial, value) if value is not None else None,
        "epochs": len(trial.user_attrs.get(EPOCHS, [])),
        "seconds": round(_seconds(trial), 1),
        "reason": reason_of(trial) if trial.state == TrialState.FAIL else trial.user_attrs.get(REASON, ""),
        **trial.params,
    }


def _places(study: Study) -> dict[int, FrozenTrial]:
    return by_place(study.get_trials(deepcopy=False))


def value_of(trial: FrozenTrial, metric: str) -> float | None:
    """The best over its epochs; Optuna's own value of a pruned trial is that of the last one. None where it failed."""
    if trial.state != TrialState.PRUNED or not trial.intermediate_values:
        return trial.value
    values = trial.intermediate_values.values()
    return max(values) if metric == "val_accuracy" else min(values)


def _best_epoch(trial: FrozenTrial, best: float | None) -> int:
    """From 1: the first one that reached the best value."""
    return next((step + 1 for step, value in sorted(trial.intermediate_values.items()) if value == best), 0)


def _seconds(trial: FrozenTrial) -> float:
    """Of training, over all processes that had a part in it."""
    epochs = trial.user_attrs.get(EPOCHS, [])
    return sum(figures["seconds"] for figures in epochs) or (trial.duration or timedelta()).total_seconds()


def importances(study: Study, seed: int = 0) -> dict[str, float]:
    """How much of the spread of the finished trials' values each setting explains, the largest first; they add up to 1.

    By fANOVA (Hutter, Hoos, Leyton-Brown 2014); settings that only some of the trials have are left out.

    Returns:
        Empty where fewer than `ENOUGH` trials have finished, or all with the same value.
    """
    values = {trial.value for trial in _places(study).values() if trial.state == TrialState.COMPLETE}
    if len(values) < ENOUGH:
        return {}
    return dict(get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed)))
