"""A watchman for a flow run: a small process that does what the flow's own process cannot do once it is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.runtime import flow_run

from flows.stages.identity import pass_key


@contextmanager
def watched() -> Iterator[None]:
    """Have this flow run watched over until the block is left; a watchman that has nothing to do costs nothing.

    It is in a session of its own, so that what kills the flow's process group does not kill it.
    """
    command = [sys.executable, "-m", "flows.recovery.watchman", str(os.getpid()), str(flow_run.id), pass_key()]
    watchman = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        watchman.send_signal(signal.SIGTERM)
        watchman.wait()
