"""Sends records to a run in the background, and keeps on disk what could not be sent.

Every record is appended to `.mien/outbox/<run>.<process>.<number>.jsonl` before it is sent, so neither a dead server
nor a killed process loses one. A thread sends; an outage costs the caller nothing until `close`, which then waits at
most `CLOSE_SECONDS` (or for one request's time-out, where the store hangs). What is left stays in the file and is sent
by the next stage that finds the server. Sending a record twice does no harm: MLflow stores a metric with the same key,
step, time and value once.
"""

import itertools
import json
import queue
import shutil
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from mien.errors import TrackingError
from tasks.quiet import IMPORTING
from tasks.tracking.passes import process_lives, process_mark
from tasks.tracking.store import Store, project_root, silence

if TYPE_CHECKING:
    from mlflow.exceptions import MlflowException

CLOSE_SECONDS = 5.0
RETRY_SECONDS = 3.0
PASSING_ERRORS = {"INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "DEADLINE_EXCEEDED"}

NUMBERS = itertools.count(1)
"""Of the outboxes of this process: what one has kept is not the next one's of the same run."""

Record = dict[str, Any]
"""Any of `metrics` [[key, value, milliseconds, step], ...], `params`, `tags` (str to str), `artifacts`
[[file or folder, destination], ...], `status`."""


def outbox_folder() -> Path:
    """Where unsent records are kept."""
    return project_root() / ".mien" / "outbox"


class Outbox:
    """Records of one run on their way to the store."""

    def __init__(self, store: Store, run_id: str) -> None:
        self._store, self._run_id = store, run_id
        self._path = outbox_folder() / f"{run_id}.{process_mark()}.{next(NUMBERS):06d}.jsonl"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a", encoding="utf-8")
        self._waiting: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._unsent: list[Record] = []
        self._lock = threading.Lock()
        self._closing, self._given_up = threading.Event(), threading.Event()
        self._outage = False
        self._thread = threading.Thread(target=self._send_all, name="mlflow-outbox", daemon=True)
        self._thread.start()

    def put(self, **record: Any) -> None:  # noqa: ANN401
        """Keep a record and send it soon; returns at once. The keys are those of `Record`."""
        record["artifacts"] = [[str(Path(path).resolve()), place] for path, place in record.get("artifacts", [])]
        self._file.write(json.dumps({"uri": self._store.digest, "run": self._run_id, **record}) + "\n")
        self._file.flush()
        with self._lock:
            self._unsent.append(record)
        self._waiting.put(record)

    def check(self) -> None:
        """Ask before work that would have to wait for the store. Raises OSError when it does not answer now."""
        if not self._outage and (error := silence(self._store.uri)):
            self._say_outage(error)
        if self._outage:
            raise OSError(f"{self._store.shown} does not answer")

    def close(self) -> None:
        """Wait until all is sent, in an outage at most `CLOSE_SECONDS`; keep the rest for later and say so."""
        self._closing.set()
        self._waiting.put(None)
        started = time.monotonic()
        while self._thread.is_alive() and not (self._outage and time.monotonic() - started > CLOSE_SECONDS):
            self._thread.join(0.1)
        self._given_up.set()
        self._file.close()
        with self._lock:
            left = list(self._unsent)
        if left:
            self._keep(left)
        else:
            self._path.unlink(missing_ok=True)

    def _keep(self, records: list[Record]) -> None:
        """Leave only `records` in the file, with copies of their artifacts, which a later pass may overwrite."""
        kept = self._path.with_suffix("")
        lines = []
        for number, record in enumerate(records):
            artifacts = [
                [str(_copy(Path(path), kept / str(number))), place] for path, place in record.get("artifacts", [])
            ]
            lines.append({"uri": self._store.digest, "run": self._run_id, **record, "artifacts": artifacts})
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        temporary.replace(self._path)
        print(
            f"{self._store.shown} does not answer: {len(records)} records of run {self._run_id} are kept in "
            f"{self._path} and sent by the next stage that reaches it.",
            file=sys.stderr,
        )

    def _send_all(self) -> None:
        """The thread: send one record after the other until `close`, which leaves the rest to whoever delivers it."""
        while (record := self._waiting.get()) is not None and self._sent(record):
            with self._lock:
                self._unsent.pop(0)

    def _sent(self, record: Record) -> bool:
        """Try until the record is sent or refused; False where `close` has given up before."""
        from mlflow.exceptions import MlflowException

        while True:
            try:
                with IMPORTING:
                    send(self._store, self._run_id, record)
            except (MlflowException, OSError) as error:
                if not passes(error):
                    say_refused(self._run_id, error)
                    return True
                self._say_outage(error)
            else:
                self._outage = False
                return True
            # Once the caller waits in `close`, the next try comes sooner.
            if self._closing.wait(RETRY_SECONDS) and self._given_up.wait(0.5):
                return False

    def _say_outage(self, error: Exception) -> None:
        if not self._outage:
            reason = str(error).splitlines()[0][:200]
            print(f"\nthe tracking store does not answer ({reason}); work goes on, figures are kept", file=sys.stderr)
        self._outage = True


def passes(error: "MlflowException | OSError") -> bool:
    """Whether an error may be gone on the next try: the network, the server, a locked database."""
    if isinstance(error, OSError):
        return not isinstance(error, FileNotFoundError)  # a file of ours that is gone stays gone
    return error.error_code in PASSING_ERRORS


def say_refused(run_id: str, error: Exception) -> None:
    """Tell of a record that will never be taken: a param logged before with another value, a file that is gone."""
    print(f"one record of run {run_id} is given up: {str(error).splitlines()[0][:300]}", file=sys.stderr)


def send(store: Store, run_id: str, record: Record) -> None:
    """Write one record to the run, in as few calls as MLflow's limits allow."""
    from mlflow.entities import Metric, Param, RunTag

    metrics = [Metric(key, value, when, step) for key, value, when, step in record.get("metrics", [])]
    params = [Param(key, value) for key, value in record.get("params", {}).items()]
    tags = [RunTag(key, value) for key, value in record.get("tags", {}).items()]
    for at in range(0, max(len(metrics), len(params), len(tags)), 100):
        part = slice(at, at + 100)
        store.client.log_batch(run_id, metrics[part], params[part], tags[part])
    for path, place in record.get("artifacts", []):
        if Path(path).is_dir():
            store.client.log_artifacts(run_id, path, place)
        else:
            store.client.log_artifact(run_id, path, place)
    if status := record.get("status"):
        store.client.set_terminated(run_id, status)


def deliver_kept(store: Store) -> int:
    """Send what earlier stages had to keep for this store; returns how many records were taken.

    Raises:
        TrackingError: the store stopped answering.
    """
    sent = 0
    folder = outbox_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / "outbox.lock"):
        for path in sorted(folder.glob("*.jsonl")):
            if process_lives(path.name.split(".")[1]):
                continue
            records = [json.loads(line) for line in _whole_lines(path)]
            if any(record["uri"] != store.digest for record in records):
                continue
            sent += sum(_delivered(store, record) for record in records)
            path.unlink()
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
    return sent


def _delivered(store: Store, record: Record) -> bool:
    """Send a kept record; False when it has nowhere to go (its run was deleted, its file is gone), which is said."""
    from mlflow.exceptions import MlflowException

    try:
        send(store, record["run"], record)
    except (MlflowException, OSError) as error:
        if passes(error):
            raise TrackingError(f"the tracking store {store.shown} stopped answering: {error}") from error
        say_refused(record["run"], error)
        return False
    return True


def _whole_lines(path: Path) -> Iterable[str]:
    """Lines that were written to their end; a killed process may leave half of one."""
    return [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]


def _copy(path: Path, folder: Path) -> Path:
    target = folder / path.name
    folder.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target, dirs_exist_ok=True)
    else:
        shutil.copy2(path, target)
    return target.resolve()
