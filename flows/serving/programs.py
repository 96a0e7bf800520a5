"""The programs of a machine that does everything itself: two servers, and a worker for each pool."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from flows.serving.pools import POOLS
from flows.serving.ports import LOOPBACK
from flows.serving.program import Program

WORKER_STARTED = "started!"
"""What a worker of Prefect says when it has begun to ask for work."""


def prefect_environment(port: int) -> dict[str, str]:
    """Environment of whoever speaks to our Prefect server, and of the server itself."""
    environment = {
        "PREFECT_API_URL": f"http://{LOOPBACK}:{port}/api",
        "PREFECT_HOME": os.environ.get("PREFECT_HOME") or str(Path(".mien/prefect").resolve()),
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    }
    if secret := os.environ.get("PREFECT_SERVER_API_AUTH_STRING"):
        environment["PREFECT_API_AUTH_STRING"] = secret
    return environment


def prefect_server(port: int) -> Program:
    """The Prefect server with its UI."""
    words = [sys.executable, "-m", "prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)]
    return Program("Prefect server", words, prefect_environment(port), _answers(f"http://{LOOPBACK}:{port}/api/health"))


def mlflow_server(port: int) -> Program:
    """An MLflow server in front of the store that a stage uses without one, so that neither loses sight of a run.

    Artifacts stay files that everybody on this machine opens by path. One process serves; the jobs that MLflow would
    run in seven more are none of ours.
    """
    words = [sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--port", str(port), "--workers", "1"]
    store = ["--backend-store-uri", f"sqlite:///{Path('mlflow.db').resolve()}"]
    artifacts = ["--no-serve-artifacts", "--default-artifact-root", Path("mlartifacts").resolve().as_uri()]
    settings = {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    return Program(
        "MLflow server", [*words, *store, *artifacts], settings, _answers(f"http://{LOOPBACK}:{port}/health")
    )


def workers(environment: dict[str, str]) -> list[Program]:
    """A worker for each pool, in this environment."""
    # A worker starts flow runs in an empty folder, and would import what is installed rather than this checkout.
    path = os.pathsep.join([str(Path.cwd()), *filter(None, [os.environ.get("PYTHONPATH")])])
    settings = {"PREFECT_WORKER_QUERY_SECONDS": "3", "PYTHONPATH": path, **environment}
    if not has_gpu():
        settings.setdefault("MIEN_ALLOW_CPU", os.environ.get("MIEN_ALLOW_CPU", "true"))
    words = [sys.executable, "-m", "prefect", "worker", "start", "--type", "process", "--install-policy", "never"]
    return [Program(f"worker {pool}", [*words, "--pool", pool, "--name", pool], settings, _has_begun) for pool in POOLS]


def has_gpu() -> bool:
    """Whether the system knows an NVIDIA GPU."""
    return any(Path("/dev").glob("nvidia[0-9]*"))


def _answers(address: str) -> Callable[[Program], bool]:
    def is_ready(_program: Program) -> bool:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return True
        except OSError:
            return False

    return is_ready


def _has_begun(program: Program) -> bool:
    return WORKER_STARTED in program.log.read_text(encoding="utf-8", errors="replace")
