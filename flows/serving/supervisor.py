"""Several programs as one: started in order, kept running, ended in the opposite order."""

import time
from collections.abc import Sequence

from flows.serving.program import Program, Tell

LOOK_SECONDS = 0.5


class Supervisor:
    """Owns the programs of one call of `python -m flows.serve`."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._groups: list[Sequence[Program]] = []

    def start(self, *group: Program) -> None:
        """Start programs side by side and wait until each of them does its work.

        Raises:
            FlowError: one of them does not get there.
        """
        self._groups.append(group)
        for program in group:
            self._tell(f"{program.name}: starting")
            program.start()
        for program in group:
            program.wait_until_ready(self._tell)

    def watch(self) -> None:
        """Start again what dies, until somebody interrupts this.

        Raises:
            FlowError: one of them dies again and again.
        """
        while True:
            for group in self._groups:
                for program in group:
                    program.look_after(self._tell)
            time.sleep(LOOK_SECONDS)

    def end(self) -> None:
        """End all of them: first those that were started last, who want to tell the others that they end."""
        for group in reversed(self._groups):
            for program in group:
                program.ask_to_end()
            for program in group:
                program.wait_for_end()
