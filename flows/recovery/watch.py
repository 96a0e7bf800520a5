"""A watchman for a flow run: a small process that does what the flow's own process cannot do once it is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.runtime import flow_run

from tasks.processes import follow_parent

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
        follow_parent()
    command = [sys.executable, "-m", "flows.recovery.watchman", str(os.getpid()), str(flow_run.id), key]
    watchman = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield
    except Exception:
        _dismiss(watchman)
        raise
    else:
        _dismiss(watchman)


def _dismiss(watchman: "subprocess.Popen[bytes]") -> None:
    watchman.send_signal(signal.SIGTERM)
    watchman.wait()
