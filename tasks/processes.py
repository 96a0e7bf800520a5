"""Life and death of a stage's process."""

import ctypes
import os
import select
import signal
import sys
import threading
from contextlib import suppress
from pathlib import PurePath

import psutil

PR_SET_PDEATHSIG = 1

SHELLS = ("sh", "dash", "bash", "zsh", "ksh", "ash", "busybox")


def end_with_parent() -> None:
    """Have Linux send this process SIGTERM when its parent dies, and turn SIGTERM into an orderly exit.

    A killed `dvc` leaves the stage running and starts a second one beside it on the next call; two writers of the
    same outputs are worse than a stage that has to start again. DVC starts stages through a shell, and one that does
    not give its place to the command (Debian's `sh`) outlives `dvc` as well: then the shell's parent is what counts.
    """
    signal.signal(signal.SIGTERM, _exit_in_order)
    follow_parent()
    if sys.platform.startswith("linux") and (starter := _starter_of_shell(os.getppid())) is not None:
        _end_with(starter)


def follow_parent() -> None:
    """Have Linux send this process SIGTERM when its parent dies; what then happens is up to the handler that is set."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def wait_for_end(process: int) -> None:
    """Block until the process of this number, which need not be a child, has ended."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return
    except (AttributeError, OSError):  # no Linux, or one before 5.3
        with suppress(psutil.NoSuchProcess):
            psutil.Process(process).wait()
        return
    _wait_readable(descriptor)
    os.close(descriptor)


def _starter_of_shell(process: int) -> int | None:
    """Who started `process`, where that is a shell with one command to run; else None."""
    try:
        shell = psutil.Process(process)
        command = shell.cmdline()
        if command and PurePath(command[0]).name in SHELLS and "-c" in command:
            return int(shell.ppid()) or None
    except psutil.Error:
        return None
    return None


def _end_with(process: int) -> None:
    """Send this process SIGTERM when `process`, which is not its parent, has ended; at once where it is gone."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        os.kill(os.getpid(), signal.SIGTERM)
        return
    except OSError:  # Linux before 5.3
        return
    threading.Thread(target=_terminate_after, args=(descriptor,), name="end-with-parent", daemon=True).start()


def _terminate_after(descriptor: int) -> None:
    _wait_readable(descriptor)
    os.kill(os.getpid(), signal.SIGTERM)


def _wait_readable(descriptor: int) -> None:
    """Block until the process behind the descriptor has ended, which makes it readable."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.poll()


def _exit_in_order(number: int, _frame: object) -> None:
    """Leave through the `finally` blocks, with the shell's exit code for this signal.

    Once: Linux signals again for each thread of a parent that dies, and a second exit in the middle of the first one
    would cut off what a `finally` block writes.
    """
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)
