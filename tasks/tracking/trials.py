"""The trials of a study in MLflow: as they run, and afterwards those that could not be logged in their time."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING

from mien.errors import TrackingError
from mien.params import TrainParams
from mien.sweep.places import EPOCHS, REASON, by_place, place_of, reason_of
from mien.sweep.space import trial_params
from mien.sweep.study import settings_of
from mien.sweep.table import best_trials, value_of
from tasks.tracking.outbox import deliver_kept, send
from tasks.tracking.sweep import FAILED, FINISHED, PRUNED, STATUS, SweepRun, TrialRun, epoch_metrics, mark, param_texts
from tasks.tracking.sweep import state_tags as tags_of

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

STATES = {"COMPLETE": FINISHED, "PRUNED": PRUNED, "FAIL": FAILED}


class TrackedTrials:
    """Takes what happens in a sweep (`mien.sweep.trials.Log`)."""

    def __init__(self, sweep: SweepRun) -> None:
        self._sweep = sweep

    def trial(self, place: int, number: int, params: TrainParams) -> AbstractContextManager[TrialRun]:
        """A trial begins."""
        return self._sweep.trial(place, number, params)

    def ended(self, study: "Study") -> None:
        """A trial has ended: log the best so far."""
        if best := best_trials(study, 1):
            ended = sum(trial.state.is_finished() for trial in by_place(study.get_trials(deepcopy=False)).values())
            self._sweep.best(best[0].place, best[0].value, ended)


def catch_up(sweep: SweepRun, study: "Study") -> int:
    """Send what was kept in an outage, and log from the study the ended trials whose run is missing or half filled.

    Returns:
        How many trials these were.

    Raises:
        TrackingError: the store does not answer.
    """
    from mlflow.exceptions import MlflowException

    try:
        deliver_kept(sweep.store)
        logged, trials = sweep.logged(), study.get_trials(deepcopy=False)
        missing = [trial for trial in trials if _is_whole(trial) and not logged.get(trial.number, ("", False))[1]]
        for trial in missing:
            run_id, _ = logged.get(trial.number) or (_create(sweep, trial, place_of(trial, trials)), False)
            _log(sweep, study, trial, run_id)
    except (MlflowException, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise TrackingError(f"the tracking store {sweep.store.shown} does not answer: {reason}.") from error
    return len(missing)


def _is_whole(trial: "FrozenTrial") -> bool:
    """Whether it ended by itself; one that was killed has its repetition."""
    return trial.state.is_finished() and (trial.state.name != "FAIL" or REASON in trial.user_attrs)


def _create(sweep: SweepRun, trial: "FrozenTrial", place: int) -> str:
    return sweep.create(place, trial.number, mark(), _milliseconds(trial.datetime_start))


def _log(sweep: SweepRun, study: "Study", trial: "FrozenTrial", run_id: str) -> None:
    """Fill the run of a trial; its state, by which it counts as filled, comes last."""
    settings, state = settings_of(study), STATES[trial.state.name]
    params = trial_params(settings.train, settings.sweep, trial)
    epochs = trial.user_attrs.get(EPOCHS, [])
    metrics = [
        row
        for epoch, figures in enumerate(epochs)
        for row in epoch_metrics(
            {name: value for name, value in figures.items() if name != "ended"}, epoch, figures["ended"]
        )
    ]
    if state != FAILED:
        best, step = value_of(trial, sweep.metric), max(len(epochs) - 1, 0)
        metrics.append([f"best/{sweep.metric}", best, _milliseconds(trial.datetime_complete), step])
    reason = reason_of(trial) if state == FAILED else ""
    send(sweep.store, run_id, {"params": param_texts(params), "metrics": metrics})
    send(sweep.store, run_id, {"tags": tags_of(state, reason)})
    sweep.store.client.set_terminated(run_id, STATUS[state], _milliseconds(trial.datetime_complete))


def _milliseconds(when: datetime | None) -> int | None:
    return int(when.timestamp() * 1000) if when else None
