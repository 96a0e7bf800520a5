"""A sweep from its start to its end, on faces that are prepared."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flows.errors import FlowError
from flows.stages.identity import flow_tags
from flows.sweeping.here import run_here
from mien.errors import SweepError, TrackingError
from mien.params import load_params
from mien.sweep.budget import Budget
from mien.sweep.report import write_report
from mien.sweep.settings import Settings
from mien.sweep.study import KEY, open_study
from mien.sweep.table import NOT_ENDED, all_failed, best_trials, failures, states
from mien.training.data import load_data
from tasks.stage import stage_folder
from tasks.tracking.sweep import SweepRun, open_sweep
from tasks.tracking.trials import catch_up

if TYPE_CHECKING:
    from optuna import Study

REPORT = stage_folder("sweep")


def settings_now() -> Settings:
    """Those of a sweep that begins now: params.yaml, and the faces in build/.

    Raises:
        ParamsError: params.yaml does not validate.
        FlowError: no faces are prepared.
    """
    params = load_params()
    folders = [stage_folder(stage) for stage in ("ingest", "split", "augment")]
    try:
        return Settings.of(params.train, params.sweep, load_data(*folders, affect=params.train.affect is not None))
    except FileNotFoundError as error:
        raise FlowError(f"{error.filename} is missing: no faces are prepared (`dvc repro augment`).") from error


def hold_sweep(name: str | None, trials: int | None, workers: int | None, tell: Callable[[str], None]) -> "Study":
    """Begin a sweep or go on with it, and leave its table and picture; to be called within a flow run.

    Args:
        name: of the study; without one, one that stands for data and settings.
        trials: budget, instead of that of params.yaml.
        workers: run the trials on so many workers; None: in one process here.
        tell: takes lines for people.

    Raises:
        SweepError: the study is one of other data or settings, or all of its trials have failed.
        TrackingError: the tracking store does not answer, before any work.
        FlowError: the trials cannot be run, or not any more, or some have not ended; what has been reached is left all
            the same.
    """
    settings = settings_now()
    study, budget = open_study(settings, name), Budget.of(settings.sweep, trials)
    tell(standing(study, budget))
    about = {"study": study.study_name, **settings.comparable["sweep"], "data": settings.data}
    with open_sweep(study.user_attrs[KEY], study.study_name, settings.sweep.metric, about, flow_tags()) as sweep:
        fault = _run(study.study_name, budget, workers, tell)
        _leave(study, sweep, tell)
        if fault:
            raise fault
        if all_failed(study):
            raise SweepError(f"every trial of {study.study_name!r} has failed:\n{reasons(study)}")
        check_ended(study)
    return study


def standing(study: "Study", budget: Budget) -> str:
    """Where a study stands, for people."""
    known = ", ".join(f"{count} {word}" for word, count in states(study).items())
    return f"study {study.study_name}: {f'goes on ({known})' if known else 'begins'}, {budget.trials} trials in all"


def check_ended(study: "Study") -> None:
    """See that nothing is left of the trials that were begun.

    Raises:
        FlowError: some have not ended: another process runs them, or theirs was killed and there was no time left.
    """
    if left := states(study).get(NOT_ENDED):
        said = "1 trial has" if left == 1 else f"{left} trials have"
        raise FlowError(
            f"{said} not ended: another process runs them, or theirs is gone and there was no time left to go on. Run "
            "the same command again once nothing else works on this study."
        )


def reasons(study: "Study") -> str:
    """Why trials have failed, the same reasons together, a line for each."""
    return "\n".join(f"- {group}" for group in failures(study))


def _run(name: str, budget: Budget, workers: int | None, tell: Callable[[str], None]) -> FlowError | None:
    """What has ended the trials before their time, if something has."""
    try:
        if workers is None:
            run_here(name, budget, tell, {})
        else:
            from flows.sweeping.workers import run_on_workers

            run_on_workers(name, budget, workers, tell)
    except FlowError as error:
        return error
    return None


def _leave(study: "Study", sweep: SweepRun, tell: Callable[[str], None]) -> None:
    """Table and picture, here and with the MLflow run, which also gets what an outage has kept from it."""
    if not states(study):
        return
    files = write_report(study, REPORT)
    try:
        if late := catch_up(sweep, study):
            tell(f"{late} trials that the tracking store had not been told of are logged now")
    except TrackingError as error:
        tell(f"{error} The next run of this sweep logs what is missing.")
    best = best_trials(study, 1)
    tags = {"best.trial": str(best[0].place), "best.settings": best[0].drawn} if best else {}
    note = {"mlflow.note.content": f"Failed:\n{reasons(study)}"} if failures(study) else {}
    sweep.put(artifacts=[[str(path), "sweep"] for path in files], tags={**tags, **note})
