"""The MLflow run of a pass of the pipeline: made or joined by its key, filled from the stages' summaries."""

import json
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mien.errors import TrackingError
from mien.params import STAGES
from tasks.stage import SUMMARY, stage_folder
from tasks.tracking.origin import data_input, environment, origin
from tasks.tracking.outbox import Outbox, deliver_kept
from tasks.tracking.passes import experiment_name, orchestrator_tags, pass_key, process_lives, process_mark
from tasks.tracking.store import Store, open_store

if TYPE_CHECKING:
    from mien.training import EpochReport

KEY_TAG = "pipeline.key"


class PipelineRun:
    """One MLflow run; everything goes through the outbox, so no call here waits for the store."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store, self.run_id = store, run_id
        self._outbox = Outbox(store, run_id)
        self._opened = time.time()
        self._told = {name for name in STAGES if f"summary.{name}" in store.client.get_run(run_id).data.tags}

    @contextmanager
    def unless_down(self, consequence: str) -> Iterator[None]:
        """For work that must talk to the store at once, after hours of other work: an outage costs a line, not them.

        A store that is known to be silent is not asked for long.
        """
        from mlflow.exceptions import MlflowException

        try:
            self._outbox.check()
            yield
        except (MlflowException, OSError) as error:
            print(f"{str(error).splitlines()[0][:300]}; {consequence}", file=sys.stderr)

    def replay(self, stage: str) -> None:
        """Log a stage's summary: params, numbers, tags, notes, files. Once in a run, also where DVC skipped it."""
        path = stage_folder(stage) / SUMMARY
        if stage in self._told or not path.exists():
            return
        summary = json.loads(path.read_text(encoding="utf-8"))
        now = _milliseconds()
        self._outbox.put(
            params={f"{stage}.{key}": value for key, value in flatten(summary["params"]).items()},
            metrics=[[f"{stage}/{key}", value, now, 0] for key, value in summary["metrics"].items()],
            tags={
                **summary.get("tags", {}),  # an older version wrote none
                f"summary.{stage}": summary["code"],
                f"notes.{stage}": "\n".join(summary["notes"])[:5000],
            },
            artifacts=[[str(stage_folder(stage) / name), _place(stage, name)] for name in summary["artifacts"]],
        )
        self._told.add(stage)

    def log_epoch(self, report: "EpochReport") -> None:
        """Log the figures of one epoch (0-based step) and, where it ran just now, how busy the machine was in it."""
        figures = {f"epoch/{name}": value for name, value in report.figures().items()}
        busy = self._system() if report.ended >= self._opened else {}
        when = int(report.ended * 1000)
        self._outbox.put(
            metrics=[[key, float(value), when, report.epoch] for key, value in {**figures, **busy}.items()]
        )

    def _system(self) -> dict[str, float]:
        """MLflow's own system metrics since the last call, sent our way: its sender blocks on a dead server."""
        values: dict[str, float] = {}
        for monitor in _monitors():
            monitor.collect_metrics()
            values |= {f"system/{name}": value for name, value in monitor.aggregate_metrics().items()}
        return values

    def close(self, status: str) -> None:
        """End the stage's part of the run; the run is `FINISHED` until the next stage joins it."""
        self._outbox.put(status=status)
        self._outbox.close()


@contextmanager
def open_run(stage: str) -> Iterator[PipelineRun]:
    """Join or make the run of this pass, complete up to `stage`; FAILED or KILLED when the body does not end well.

    Raises:
        TrackingError: the store does not answer, before any work.
    """
    store = open_store()
    with store_errors(store):
        deliver_kept(store)
        end_orphans(store)
        run = PipelineRun(store, _join_or_create(store))
    status = "FAILED"
    try:
        for earlier in STAGES[: STAGES.index(stage)]:
            run.replay(earlier)
        yield run
        status = "FINISHED"
    except (SystemExit, KeyboardInterrupt):
        status = "KILLED"
        raise
    finally:
        run.close(status)


@contextmanager
def store_errors(store: Store) -> Iterator[None]:
    """Before any work: what the store cannot do becomes a TrackingError."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        reason = str(error).splitlines()[0]
        raise TrackingError(f"the tracking store {store.shown} does not work: {reason}. Nothing was run.") from error


def end_orphans(store: Store) -> None:
    """End runs of this machine that say RUNNING while their process is gone: after SIGKILL nobody else does."""
    here = f"status = 'RUNNING' AND tags.`pipeline.host` = '{platform.node()}'"
    for run in store.client.search_runs([store.experiment_id], here):
        mark = run.data.tags.get("pipeline.process")
        if mark and not process_lives(mark):
            store.client.set_terminated(run.info.run_id, "KILLED")


def end_run_of(store: Store, key: str, status: str) -> None:
    """End the run of a pass that still says RUNNING, when whoever ran its stage on another machine is gone."""
    query = f"status = 'RUNNING' AND tags.`{KEY_TAG}` = '{key}'"
    for run in store.client.search_runs([store.experiment_id], query):
        store.client.set_terminated(run.info.run_id, status)


def find_run(store: Store, key: str) -> str | None:
    """Id of the run of a pass, None where no stage of it has made one."""
    found = store.client.search_runs([store.experiment_id], f"tags.`{KEY_TAG}` = '{key}'", max_results=1)
    return str(found[0].info.run_id) if found else None


def _join_or_create(store: Store) -> str:
    key, mark = pass_key(), {"pipeline.host": platform.node(), "pipeline.process": process_mark()}
    if run_id := find_run(store, key):
        # The mark first: a run that says RUNNING with the mark of a dead process is ended by whoever sees it.
        for name, value in (mark | orchestrator_tags()).items():
            store.client.set_tag(run_id, name, value)
        store.client.update_run(run_id, status="RUNNING")
        return run_id
    tags = {KEY_TAG: key, **mark, **origin(), **orchestrator_tags()}
    run_name = experiment_name() or tags.get("prefect.flow_run.name")
    run_id = str(store.client.create_run(store.experiment_id, tags=tags, run_name=run_name).info.run_id)
    store.client.log_dict(run_id, environment(), "environment.json")
    store.client.log_inputs(run_id, [data_input("training")])
    return run_id


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested params as dotted names and strings; lists as JSON."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value if isinstance(value, str) else json.dumps(value)
    return flat


def _place(stage: str, name: str) -> str:
    """Folder in the run's artifacts: a file goes beside its neighbours, a folder keeps its name."""
    path = stage_folder(stage) / name
    return str(Path(stage) / name) if path.is_dir() else str((Path(stage) / name).parent)


def _monitors() -> list[Any]:
    """MLflow's monitors of CPU, memory and disk, and of the GPU where its library and a GPU are there."""
    from mlflow.system_metrics.metrics.cpu_monitor import CPUMonitor
    from mlflow.system_metrics.metrics.disk_monitor import DiskMonitor
    from mlflow.system_metrics.metrics.gpu_monitor import GPUMonitor

    kinds: list[Any] = [CPUMonitor, DiskMonitor]
    try:
        return [*(kind() for kind in kinds), cast("Any", GPUMonitor)()]
    except (ImportError, RuntimeError):
        return [kind() for kind in kinds]


def _milliseconds() -> int:
    return int(time.time() * 1000)
