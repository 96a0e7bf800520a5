"""A checkout in which `python -m flows.serve` runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.flows.servers import Prefect, Program, answers, free_port, program, until

READY = "Ctrl-C ends everything."
SCHEDULER = "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS"


@dataclass(frozen=True)
class Served:
    """A checkout with `python -m flows.serve` running in it."""

    program: Program
    checkout: Path
    prefect: Prefect
    mlflow: str

    def processes(self, *words: str) -> list[psutil.Process]:
        """Those of its processes whose command has all these words."""
        found = []
        for process in self.program.tree():
            with suppress(psutil.Error):  # it ends just now
                command = process.cmdline()
                if all(word in command for word in words) and "flows.serving.leash" not in command:
                    found.append(process)
        return found

    def listens(self) -> bool:
        return answers(f"{self.prefect.url}/api/health") or answers(f"{self.mlflow}/health")


@contextmanager
def serving(checkout: Path, **environment: str) -> Iterator[Served]:
    ports = free_port(), free_port()
    words = [sys.executable, "-m", "flows.serve", "--prefect-port", str(ports[0]), "--mlflow-port", str(ports[1])]
    with program(words, checkout.parent, {SCHEDULER: "5", **environment}, cwd=checkout) as started:

        def up() -> bool:
            assert started.process.poll() is None, started.said
            return READY in started.said

        until(up, 300, "everything is served")
        server = Prefect(f"http://127.0.0.1:{ports[0]}", checkout / ".mien" / "prefect")
        yield Served(started, checkout, server, f"http://127.0.0.1:{ports[1]}")
