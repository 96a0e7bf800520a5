"""`python -m flows.serving.leash COMMAND...`: a command whose whole tree ends when it is asked to, or its starter dies.

A killed supervisor tells nobody, and a killed `mlflow server` leaves the process behind that holds the port.
"""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

import psutil

from flows.checkout.child import end_tree
from tasks.processes import end_with_parent

FLOW_SECONDS = 20.0
"""For a flow run to end its stage, and to tell the server that it did not end by itself."""

REPORT_SECONDS = 4.0
"""For a worker to tell the server how its flow runs have ended."""


def hold(command: Sequence[str]) -> int:
    """Run the command and return its exit code; however this call is left, no process of its tree is left over."""
    process = subprocess.Popen(command, start_new_session=True)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            _end_children(process)
        end_tree(process)


def _end_children(process: "subprocess.Popen[bytes]") -> None:
    """Ask what the command has started to end first: a worker that is asked itself kills its flow runs."""
    children = psutil.Process(process.pid).children()
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.terminate()
    psutil.wait_procs(children, FLOW_SECONDS)
    if children:
        with suppress(subprocess.TimeoutExpired):
            process.wait(REPORT_SECONDS)


if __name__ == "__main__":
    end_with_parent()
    sys.exit(hold(sys.argv[1:]))
