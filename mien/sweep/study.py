"""Opening a study: a new one, or the one that was begun under the same settings."""

import uuid
import warnings
from collections.abc import Callable

import optuna
from optuna import Study
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.storages import JournalStorage, fail_stale_trials
from optuna.trial import FrozenTrial, TrialState

from mien.errors import SweepError
from mien.params import SweepParams
from mien.sweep.places import by_place, is_due, repeat
from mien.sweep.sampler import PlacedSampler
from mien.sweep.settings import Settings
from mien.sweep.storage import STORAGE, check_there, known, open_storage, where
from mien.training.checkpoints import differences

SETTINGS, KEY = "settings", "key"
"""User attributes of a study: what it was begun with, and what names it for ever, also once it is deleted."""

PROCESS = "process"
"""User attribute of a trial: names the process that runs it."""


def open_study(settings: Settings, name: str | None = None) -> Study:
    """The study of these settings, begun now or gone on with.

    Args:
        settings: of its trials.
        name: its name; without one, one that stands for the settings.

    Raises:
        SweepError: there is a study of this name whose trials cannot be compared with these.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    name = name or settings.name
    study = optuna.create_study(
        storage=open_storage(name),
        study_name=name,
        direction="maximize" if settings.sweep.metric == "val_accuracy" else "minimize",
        sampler=PlacedSampler(settings.sweep.seed),
        pruner=_pruner(settings.sweep),
        load_if_exists=True,
    )
    if SETTINGS not in study.user_attrs:
        study.set_user_attr(KEY, f"sweep-{name}-{uuid.uuid4().hex[:8]}")
        study.set_user_attr(SETTINGS, settings.dump())
    if found := differences(settings_of(study).comparable, settings.comparable):
        raise SweepError(
            f"the trials of study {name!r} cannot be compared with those of now: {', '.join(found)}. Undo that to go "
            "on with it, or leave the name out (or take another one) to begin a new study."
        )
    return study


def load_study(name: str) -> Study:
    """A study that is there.

    Raises:
        SweepError: it is not, or whoever made it was killed before it had any settings.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        check_there(name)
        study = optuna.load_study(storage=open_storage(name), study_name=name)
    except (KeyError, FileNotFoundError) as error:
        raise SweepError(
            f"there is no study {name!r} in {where(name)}. A study in a file is known in its own checkout only; for "
            f"several, set {STORAGE} to the same database in all of them. Known here (--study NAME): "
            f"{', '.join(known()) or 'none'}."
        ) from error
    if SETTINGS not in study.user_attrs:
        raise SweepError(
            f"the study {name!r} was killed before it began: there is nothing in it. Run the sweep again "
            f"(`python -m flows.sweep --study {name}`), which begins it."
        )
    settings = settings_of(study)
    study.sampler, study.pruner = PlacedSampler(settings.sweep.seed), _pruner(settings.sweep)
    return study


def settings_of(study: Study) -> Settings:
    """The settings that a study was begun with."""
    return Settings.load(study.user_attrs[SETTINGS])


def repeat_killed(study: Study, lives: Callable[[str], bool]) -> list[FrozenTrial]:
    """Have the trials run again whose process is gone; returns those.

    What is to be repeated is read from the study, so that a process that is killed in here leaves nothing undone. To
    be called under the claim lock of the checkout.

    Args:
        study: the study.
        lives: whether a process, as a trial names it, is there; True where that cannot be told.
    """
    with warnings.catch_warnings(category=ExperimentalWarning, action="ignore"):
        fail_stale_trials(study)  # in a database, those of machines that have gone down
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    gone = {trial.number: trial for trial in running if _is_gone(study, trial, lives)}
    for number in gone:
        study.tell(number, state=TrialState.FAIL)
    due = [trial for trial in by_place(study.get_trials(deepcopy=False)).values() if is_due(trial)]
    for trial in due:
        repeat(study, trial)
    return list((gone | {trial.number: trial for trial in due}).values())


def _is_gone(study: Study, trial: FrozenTrial, lives: Callable[[str], bool]) -> bool:
    """One without a process was killed as it began: in a file, whoever begins one holds the lock that we hold."""
    if PROCESS in trial.user_attrs:
        return not lives(trial.user_attrs[PROCESS])
    return isinstance(study._storage, JournalStorage)


def _pruner(sweep: SweepParams) -> BasePruner:
    if sweep.pruner is None:
        return NopPruner()
    return MedianPruner(sweep.pruner.startup_trials, sweep.pruner.warmup_epochs)
