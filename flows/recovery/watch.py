"""A watchman for a flow run: a small process that does what the flow's own process cannot do once it is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from prefect.runtime import flow_run

from tasks.processes import follow_parent

LOG = Path(".mien/watchman.log")

STARTED_BY_WORKER = "PREFECT__FLOW_RUN_ID"
"""A variable that only a worker sets for the process of a flow run."""


@contextmanager
def watched(key: str = "") -> Iterator[None]:
    """Have this flow run watched over until the block is left; a watchman that has nothing to do costs nothing.

    It is in a session of its own, so that what kills the flow's process group does not kill it. A run that a worker has
    started also ends with its worker: nobody else could cancel it any more.

    A signal leaves the block too, with Prefect still to say how the run ended, which a second signal can cut off: then
    the watchman stays until the process has ended, and says it where it was not said.

    Args:
        key: names the MLflow run to end too; none where whoever started this flow run does that, and tries again.
    """
    if STARTED_BY_WORKER in os.environ:
        _end_with_worker()
    watchman = _watchman([str(os.getpid()), str(flow_run.id), key])
    try:
        yield
    except Exception:
        _dismiss(watchman)
        raise
    else:
        _dismiss(watchman)


def _end_with_worker() -> None:
    """As its child; one whose worker has died before this call is a child of the first process, and ends at once.

    In a container the first process may be the worker itself, or what was told to start it.
    """
    follow_parent()
    with suppress(psutil.Error):
        if os.getppid() == 1 and not any("prefect" in word for word in psutil.Process(1).cmdline()):
            os.kill(os.getpid(), signal.SIGTERM)


def _watchman(words: list[str]) -> "subprocess.Popen[bytes]":
    """What it says goes into a file: this process's own stderr may be a pipe to a worker that is killed with it."""
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "flows.recovery.watchman", *words],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )


def _dismiss(watchman: "subprocess.Popen[bytes]") -> None:
    watchman.send_signal(signal.SIGTERM)
    watchman.wait()
