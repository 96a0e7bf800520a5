"""Life and death of a stage's process."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have Linux send this process SIGTERM when its parent dies, and turn SIGTERM into an orderly exit.

    A killed `dvc` leaves the stage running and starts a second one beside it on the next call; two writers of the
    same outputs are worse than a stage that has to start again.
    """
    signal.signal(signal.SIGTERM, _exit_in_order)
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(128 + signal.SIGTERM)


def _exit_in_order(number: int, _frame: object) -> None:
    """Leave through the `finally` blocks, with the shell's exit code for this signal."""
    sys.exit(128 + number)
