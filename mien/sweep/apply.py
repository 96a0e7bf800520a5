"""The best trial's settings into params.yaml."""

from pathlib import Path
from typing import Any

from optuna import Study

from mien.errors import SweepError
from mien.params import PARAMS_FILE, load_params
from mien.params.edit import Change, edit_params
from mien.sweep.places import by_place
from mien.sweep.space import trial_params
from mien.sweep.study import settings_of
from mien.sweep.table import Best, best_trials


def apply_best(study: Study, path: Path = PARAMS_FILE) -> tuple[Best, list[Change]]:
    """Write network and, where it was swept, learning rate of the best trial into section `train`.

    The epochs stay: those of a trial are for comparing.

    Returns:
        The trial, and what is different in the file now.

    Raises:
        SweepError: no trial has finished.
        ParamsError: the file is not valid; nothing is written.
    """
    if not (found := best_trials(study, 1)):
        raise SweepError(f"no trial of the study {study.study_name!r} has finished: there is nothing to apply.")
    settings = settings_of(study)
    trial = by_place(study.get_trials(deepcopy=False))[found[0].place]
    params = trial_params(settings.train, settings.sweep, trial)
    changes: dict[str, Any] = {"train.network": params.network.model_dump(mode="json")}
    if load_params(path).train.unfreeze is not None:
        changes["train.unfreeze"] = params.model_dump(mode="json")["unfreeze"]
    if settings.sweep.space.learning_rate:
        changes["train.optimizer.learning_rate"] = params.optimizer.learning_rate
    return found[0], edit_params(changes, path)
