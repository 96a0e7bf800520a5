"""Real servers and workers on free loopback ports; what they start ends with them."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

T = TypeVar("T")

BIN = Path(sys.executable).parent
START_SECONDS = 180.0
"""Servers need ten seconds alone, and far longer when every core is busy."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(address: str) -> bool:
    """Whether a GET of `address` succeeds."""
    with suppress(OSError):
        urllib.request.urlopen(address, timeout=5).close()
        return True
    return False


def until(found: Callable[[], T], seconds: float, what: str) -> T:
    """The first true answer of `found`, asked again and again; the test fails when `seconds` have passed."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if answer := found():
            return answer
        time.sleep(0.25)
    pytest.fail(f"not within {seconds:.0f} s: {what}")


def survivors(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that have not ended after this time; one that only nobody has waited for has ended."""
    limit = time.monotonic() + seconds
    left = list(processes)
    while left and time.monotonic() < limit:
        left = [process for process in left if process.is_running() and not _is_dead(process)]
        time.sleep(0.1)
    return left


def _is_dead(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Program:
    """A program in a process group of its own, what it says in a log file."""

    def __init__(
        self, words: list[str], folder: Path, environment: Mapping[str, str], cwd: Path | None = None, **options: Any
    ) -> None:
        self.log = folder / f"{Path(words[0]).name}-{time.monotonic_ns()}.log"
        ours = ("PREFECT_", "MLFLOW_", "MIEN_", "PIPELINE_", "DVC_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        path = os.pathsep.join([str(BIN), clean["PATH"]])
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                words,
                cwd=cwd or folder,
                env={**clean, "PATH": path, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **options,
            )

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, address: str) -> None:
        def up() -> bool:
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.said}"
            return answers(address)

        until(up, START_SECONDS, f"{address} answers")

    def tree(self) -> list[psutil.Process]:
        """The program and all that it has started, those in sessions of their own too."""
        with suppress(psutil.NoSuchProcess):
            head = psutil.Process(self.process.pid)
            return [head, *head.children(recursive=True)]
        return []

    def kill(self) -> None:
        """SIGKILL to the whole tree."""
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()


@contextmanager
def program(words: list[str], folder: Path, environment: Mapping[str, str], **options: Any) -> Iterator[Program]:
    started = Program(words, folder, environment, **options)
    try:
        yield started
    finally:
        started.kill()


@dataclass(frozen=True)
class Prefect:
    """A Prefect server and how to speak to it; `environment` is for the programs that use it."""

    url: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": f"{self.url}/api",
            "PREFECT_LOGGING_TO_API_BATCH_INTERVAL": "0.3",
            "DO_NOT_TRACK": "true",
        }

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """GET /api/`path`, or POST with a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", data, {"Content-Type": "application/json"})
        for pause in (0.5, 1, 2, 4, 0):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.loads(answer.read() or "null")
            except urllib.error.HTTPError as error:
                busy = error.code == 503 and pause  # another one writes: Prefect's own clients ask again too
                if not busy:
                    pytest.fail(f"{path}: {error} {error.read().decode()[:2000]}")
            time.sleep(pause)
        raise AssertionError(path)

    def start(self, deployment: str, **parameters: Any) -> str:
        """Id of a new flow run of the deployment `flow/name`, to start now."""
        found = self.ask(f"deployments/name/{deployment}")
        run = self.ask(f"deployments/{found['id']}/create_flow_run", {"parameters": parameters})
        return str(run["id"])

    def flow_run(self, run: str) -> dict[str, Any]:
        """The flow run; `["state"]["type"]` is e.g. COMPLETED, `["state"]["name"]` e.g. Cached."""
        return self.ask(f"flow_runs/{run}")

    def wait(self, run: str, seconds: float = 300.0) -> dict[str, Any]:
        """The flow run once it has ended, however."""

        def ended() -> dict[str, Any] | None:
            found = self.flow_run(run)
            return found if found["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

        return until(ended, seconds, f"end of flow run {run}")

    def flow_runs(self, **filters: Any) -> list[dict[str, Any]]:
        """Flow runs, oldest first; filters as in Prefect's API, e.g. flows={"name": {"any_": ["train"]}}."""
        return self.ask("flow_runs/filter", {"sort": "START_TIME_ASC", **filters})

    def task_states(self, run: str) -> dict[str, str]:
        """State name of each task run of a flow run, by the task run's name, in the order in which they began."""
        body = {"flow_runs": {"id": {"any_": [run]}}, "sort": "EXPECTED_START_TIME_ASC"}
        return {task["name"]: task["state_name"] for task in self.ask("task_runs/filter", body)}

    def log_lines(self, run: str) -> list[str]:
        body = {"logs": {"flow_run_id": {"any_": [run]}}, "sort": "TIMESTAMP_ASC"}
        return [line["message"] for line in self.ask("logs/filter", body)]


@contextmanager
def prefect_server(folder: Path, **environment: str) -> Iterator[Prefect]:
    """`prefect server start` with a home of its own in `folder`."""
    server = Prefect(f"http://127.0.0.1:{free_port()}", folder / "prefect")
    server.home.mkdir()
    words = [str(BIN / "prefect"), "server", "start", "--host", "127.0.0.1", "--port", server.url.rsplit(":")[-1]]
    quiet = {**server.environment, "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    with program(words, folder, {**quiet, **environment}) as started:
        started.wait_for(f"{server.url}/api/health")
        yield server


@contextmanager
def worker(server: Prefect, pool: str, checkout: Path, folder: Path, **environment: str) -> Iterator[Program]:
    """A process worker that runs the flows of `checkout`, with the pool made where it is missing."""
    words = [str(BIN / "prefect"), "worker", "start", "--pool", pool, "--type", "process", "--name", f"{pool}-test"]
    settings = {
        **server.environment,
        "PYTHONPATH": str(checkout),
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_WORKER_HEARTBEAT_SECONDS": "5",
        **environment,
    }
    with program(words, folder, settings) as started:
        until(lambda: "started!" in started.said, START_SECONDS, f"worker of {pool} starts; {started.log}")
        yield started


@contextmanager
def mlflow_server(folder: Path, store: str | None = None) -> Iterator[str]:
    """`mlflow server`, artifacts in `folder`, on a SQLite file there or the database `store`; yields its URL."""
    url = f"http://127.0.0.1:{free_port()}"
    words = [str(BIN / "mlflow"), "server", "--host", "127.0.0.1", "--port", url.rsplit(":")[-1], "--workers", "1"]
    stores = ["--backend-store-uri", store or f"sqlite:///{folder}/mlflow.db"]
    places = ["--artifacts-destination", str(folder / "mlartifacts")]
    settings = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with program([*words, *stores, *places], folder, settings) as started:
        started.wait_for(f"{url}/health")
        yield url
