"""A sweep in MLflow: one run for it, and below it one for every trial.

The study keeps what was reached, so a store that does not answer costs no trial: what could not be logged in its time
is logged from the study by `catch_up`.
"""

import platform
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mien.errors import TrackingError
from mien.params import TrainParams
from tasks.tracking.origin import data_input, environment, origin
from tasks.tracking.outbox import Outbox, deliver_kept
from tasks.tracking.passes import orchestrator_tags, process_mark
from tasks.tracking.run import KEY_TAG, end_orphans, find_run, flatten, store_errors
from tasks.tracking.store import Store, open_store, silence

if TYPE_CHECKING:
    from mien.training import EpochReport

PARENT, SWEEP, TRIAL, NUMBER, STATE = "mlflow.parentRunId", "sweep.key", "sweep.trial", "sweep.number", "sweep.state"
FINISHED, PRUNED, FAILED, KILLED = "finished", "pruned", "failed", "killed"
STATUS = {FINISHED: "FINISHED", PRUNED: "FINISHED", FAILED: "FAILED", KILLED: "KILLED"}
"""MLflow's word for how a trial ended. One that was pruned has done all that it was asked for: its tag tells it."""

NOTE = "mlflow.note.content"
"""MLflow shows it on the run's page."""

REASON_LENGTH = 5000


class SweepRun:
    """The run of a sweep."""

    def __init__(self, store: Store, run_id: str, key: str, metric: str) -> None:
        self.store, self.run_id, self.key, self.metric = store, run_id, key, metric

    @contextmanager
    def trial(self, place: int, number: int, params: TrainParams) -> Iterator["TrialRun"]:
        """A trial begins: a run below this one, ended as the block is left."""
        run = TrialRun(self._outbox_of(place, number, params), self.metric)
        state, reason = KILLED, ""
        try:
            yield run
            state = FINISHED
        except Exception as error:
            state = PRUNED if type(error).__name__ == "TrialPruned" else FAILED
            reason = str(error)
            raise
        finally:
            run.close(state, reason)

    def put(self, **record: Any) -> None:  # noqa: ANN401
        """Log to the run of the sweep itself; kept for later where the store does not answer."""
        outbox = Outbox(self.store, self.run_id)
        outbox.put(**record)
        outbox.close()

    def best(self, place: int, value: float, ended: int) -> None:
        """Log the best value so far, that of the trial `place`, after so many trials have ended."""
        now = _milliseconds()
        figures = [[f"best/{self.metric}", value, now, ended], ["trials/ended", ended, now, ended]]
        self.put(metrics=figures, tags={"best.trial": str(place)})

    def _outbox_of(self, place: int, number: int, params: TrainParams) -> Outbox | None:
        """The way to a new run below this one; None where the store does not answer."""
        from mlflow.exceptions import MlflowException

        try:
            if error := silence(self.store.uri):
                raise error
            run_id = self.create(place, number, mark())
        except (MlflowException, OSError) as error:
            reason = str(error).splitlines()[0][:200]
            print(f"the tracking store does not answer ({reason}); trial {place} is logged later", file=sys.stderr)
            return None
        outbox = Outbox(self.store, run_id)
        outbox.put(params=param_texts(params))
        return outbox

    def create(self, place: int, number: int, tags: Mapping[str, str], started: int | None = None) -> str:
        """Make the run of a trial; `started` in milliseconds, now without. Returns its id."""
        named = {PARENT: self.run_id, SWEEP: self.key, TRIAL: str(place), NUMBER: str(number)}
        tags = {**named, **origin(), **orchestrator_tags(), **tags}
        run = self.store.client.create_run(
            self.store.experiment_id, start_time=started, tags=tags, run_name=f"trial {place}"
        )
        return str(run.info.run_id)

    def logged(self) -> dict[int, tuple[str, bool]]:
        """By Optuna's number of a trial: id of its run, and whether that says how the trial has ended."""
        query, found, token = f"tags.`{PARENT}` = '{self.run_id}'", dict[int, tuple[str, bool]](), None
        while True:
            page = self.store.client.search_runs([self.store.experiment_id], query, page_token=token)
            found |= {int(run.data.tags[NUMBER]): (run.info.run_id, STATE in run.data.tags) for run in page}
            if not (token := page.token):
                return found


class TrialRun:
    """The run of one trial, or nothing where there is none."""

    def __init__(self, outbox: Outbox | None, metric: str) -> None:
        self._outbox, self._metric = outbox, metric

    def epoch(self, report: "EpochReport", best: float) -> None:
        """Log the figures of one epoch (0-based step), as those of a training are, and the best value up to it."""
        if self._outbox:
            so_far = [f"best/{self._metric}", best, int(report.ended * 1000), report.epoch]
            self._outbox.put(metrics=[*epoch_metrics(report.figures(), report.epoch, report.ended), so_far])

    def close(self, state: str, reason: str) -> None:
        """End the run."""
        if self._outbox:
            self._outbox.put(tags=state_tags(state, reason), status=STATUS[state])
            self._outbox.close()


def epoch_metrics(figures: Mapping[str, float], epoch: int, ended: float) -> list[list[Any]]:
    """Figures of one epoch as metrics of a record."""
    return [[f"epoch/{name}", float(value), int(ended * 1000), epoch] for name, value in figures.items()]


def param_texts(params: TrainParams) -> dict[str, str]:
    """Settings of a trial under the names that those of a training have."""
    return {f"train.{key}": value for key, value in flatten(params.model_dump(mode="json")).items()}


def state_tags(state: str, reason: str) -> dict[str, str]:
    """How a trial ended."""
    note = {NOTE: reason[:REASON_LENGTH]} if reason else {}
    return {STATE: state, **note}


@contextmanager
def open_sweep(
    key: str, name: str, metric: str, params: Mapping[str, Any], tags: Mapping[str, str]
) -> Iterator[SweepRun]:
    """Make or join the run of a sweep; ended as the block is left.

    Args:
        key: names it for ever.
        name: of the study, for people.
        metric: what its trials are judged by.
        params: logged where the run is new.
        tags: put on the run.

    Raises:
        TrackingError: the store does not answer, before any work.
    """
    store = open_store()
    with store_errors(store):
        deliver_kept(store)
        end_orphans(store)
        sweep = SweepRun(store, _join_or_create(store, key, name, params, {**mark(), **tags}), key, metric)
    status = "KILLED"
    try:
        yield sweep
        status = "FINISHED"
    except Exception as error:
        status = "FAILED"
        sweep.put(tags=state_tags(FAILED, str(error)))
        raise
    finally:
        sweep.put(status=status)
        if not silence(store.uri):
            end_orphans(store)


def join_sweep(key: str, metric: str) -> SweepRun:
    """The run of a sweep that another process has opened.

    Raises:
        TrackingError: the store does not answer, or has no such run.
    """
    store = open_store()
    with store_errors(store):
        run_id = find_run(store, key)
    if run_id is None:
        raise TrackingError(f"{store.shown} has no run of the sweep {key}: its flow makes one before the trials.")
    return SweepRun(store, run_id, key, metric)


def _join_or_create(store: Store, key: str, name: str, params: Mapping[str, Any], tags: Mapping[str, str]) -> str:
    if run_id := find_run(store, key):
        for tag, value in tags.items():  # the mark of this process first, see `tasks.tracking.run`
            store.client.set_tag(run_id, tag, value)
        for tag in {STATE, NOTE} & set(store.client.get_run(run_id).data.tags):  # of its last end
            store.client.delete_tag(run_id, tag)
        store.client.update_run(run_id, status="RUNNING")
        return run_id
    tags = {KEY_TAG: key, **origin(), **tags}
    run_id = str(store.client.create_run(store.experiment_id, tags=tags, run_name=f"sweep {name}").info.run_id)
    store.client.log_dict(run_id, environment(), "environment.json")
    store.client.log_inputs(run_id, [data_input("training")])
    for param, value in flatten(params, "sweep.").items():
        store.client.log_param(run_id, param, value)
    return run_id


def mark() -> dict[str, str]:
    """Tags by which a run whose process is gone is known."""
    return {"pipeline.host": platform.node(), "pipeline.process": process_mark()}


def _milliseconds() -> int:
    return int(time.time() * 1000)
