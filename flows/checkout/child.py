"""DVC and other programs as child processes: their lines as they come, their whole tree ended with us."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from flows.errors import FlowError

GRACE_SECONDS = 10.0
"""Between asking a process tree to end and killing it: time to end the MLflow run and to release DVC's lock."""


class CommandFailedError(FlowError):
    """A child ended with an exit code other than 0; `lines` is all that it said."""

    def __init__(self, command: str, code: int, lines: Sequence[str]) -> None:
        self.command, self.code, self.lines = command, code, list(lines)
        said = "\n".join(line for line in self.lines[-15:] if line.strip())
        super().__init__(f"`{command}` ended with exit code {code}:\n{said}")


def run_dvc(
    *words: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Run `dvc` with these words in a checkout (the working directory by default) and return the lines that it said.

    Where another DVC command holds the checkout, it waits.
    However this call is left (cancelled, killed, an error in `on_line`), no process of the child's tree is left over.

    Args:
        words: e.g. "repro", "--single-item", "train".
        folder: root of the checkout.
        environment: variables for the child besides our own.
        on_line: called with every line, standard error included, as it comes.

    Raises:
        CommandFailedError: exit code other than 0.
    """
    words = ("--wait-for-lock", *words)
    return run_module(
        "flows.checkout.program", *words, name="dvc", folder=folder, environment=environment, on_line=on_line
    )


def run_module(
    module: str,
    *words: str,
    name: str | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Run `python -m MODULE` with these words, as `run_dvc` does; `name` is what people call it.

    The module ends itself with its parent (`tasks.processes.end_with_parent`).

    Raises:
        CommandFailedError: exit code other than 0; negative where a signal ended it.
    """
    command = [sys.executable, "-u", "-m", module, *words]
    lines = []
    with _started(command, folder or Path.cwd(), environment or {}) as process:
        for line in _lines(process):
            lines.append(line)
            on_line(line)
        code = process.wait()
    if code:
        raise CommandFailedError(" ".join([name or f"python -m {module}", *words]), code, lines)
    return lines


def _lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    """What the process says; the last state of a line that rewrites itself."""
    assert process.stdout is not None
    for line in process.stdout:
        text = line.rstrip("\n").rsplit("\r", 1)[-1].rstrip()
        if text:
            yield text


@contextmanager
def _started(command: list[str], folder: Path, environment: Mapping[str, str]) -> "Iterator[subprocess.Popen[str]]":
    # A stage's `python` is looked for in PATH: ours comes first, also where the environment is not activated.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end_tree(process)


def end_tree(process: "subprocess.Popen[Any]") -> None:
    """End the process, which leads a group of its own, and all of that group: asked first, killed after a while."""
    if process.poll() is None:
        _signal_group(process, signal.SIGTERM)
        limit = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < limit and (process.poll() is None or _group_lives(process.pid)):
            time.sleep(0.05)
    _signal_group(process, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _signal_group(process: "subprocess.Popen[Any]", number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _group_lives(group: int) -> bool:
    """Whether a process of the group is still there; the dead that nobody has waited for do not count."""
    for process in psutil.process_iter(["pid", "status"]):
        with suppress(ProcessLookupError):
            if os.getpgid(process.info["pid"]) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                return True
    return False
