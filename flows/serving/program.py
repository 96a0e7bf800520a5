"""A program that is kept running: started under a leash, waited for, started again when it dies."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flows.errors import FlowError

LOGS = Path(".mien/serve")
START_SECONDS = 300.0
"""A server needs ten seconds on an idle machine, and many times that on a busy one."""

STEADY_SECONDS = 60.0
"""A program that has lived this long is not dying because it was started wrongly."""

MAX_STRIKES = 5
END_SECONDS = 60.0
Tell = Callable[[str], None]


@dataclass
class Program:
    """One program.

    Args:
        name: for people, and of its log file.
        command: what the leash holds.
        environment: variables besides our own.
        is_ready: whether it does its work; asked only while it runs.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    is_ready: Callable[["Program"], bool]
    _process: "subprocess.Popen[bytes] | None" = None
    _began: float = 0.0
    _again: float | None = None
    _strikes: int = field(default=0)

    @property
    def log(self) -> Path:
        """What it says on standard output and error."""
        return LOGS / f"{self.name.replace(' ', '-')}.log"

    def start(self) -> None:
        """Start it; its log begins anew with each supervisor, not with each restart."""
        LOGS.mkdir(parents=True, exist_ok=True)
        mode = "w" if self._process is None else "a"
        command = [sys.executable, "-m", "flows.serving.leash", *self.command]
        with self.log.open(mode) as log:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in a terminal is for the supervisor, who ends them in order
            )
        self._began, self._again = time.monotonic(), None

    def wait_until_ready(self, tell: Tell) -> None:
        """Block until it does its work.

        Raises:
            FlowError: it ended instead, or did not get there.
        """
        while not self.is_ready(self):
            if self._ended():
                raise FlowError(f"the {self.name} did not start. {self._last_words()}")
            if time.monotonic() - self._began > START_SECONDS:
                raise FlowError(f"the {self.name} does not answer after {START_SECONDS:.0f} s. {self._last_words()}")
            time.sleep(0.2)
        tell(f"{self.name}: ready after {time.monotonic() - self._began:.0f} s")

    def look_after(self, tell: Tell) -> None:
        """Start it again where it has died, after a while that doubles each time.

        Raises:
            FlowError: it dies again and again.
        """
        if self._again is None and self._ended():
            self._plan_restart(tell)
        if self._again is not None and time.monotonic() >= self._again:
            self.start()

    def _plan_restart(self, tell: Tell) -> None:
        steady = time.monotonic() - self._began >= STEADY_SECONDS
        self._strikes = 1 if steady else self._strikes + 1
        if self._strikes > MAX_STRIKES:
            raise FlowError(f"the {self.name} has died {self._strikes} times in a row. {self._last_words()}")
        pause = 2.0 ** (self._strikes - 1)
        self._again = time.monotonic() + pause
        tell(f"{self.name}: died; started again in {pause:.0f} s ({self.log})")

    def ask_to_end(self) -> None:
        """Have its leash end it; `wait_for_end` waits."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait_for_end(self) -> None:
        """Block until its whole tree is gone."""
        if self._process is None:
            return
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"The end of {self.log}:", *lines[-15:]])
