"""The lines of trials as log lines, with two bars: the trial that runs, and the sweep."""

from flows.reporting.progress import StageLog

SWEEP = "sweep: "
"""How a line of the sweep's own progress begins."""


class SweepLines:
    """Takes the lines of a process that runs trials, as they come."""

    def __init__(self) -> None:
        self._sweep, self._trial = StageLog("sweep"), StageLog("trial")

    def __call__(self, line: str) -> None:
        """Log the line; show it as progress too where it tells any."""
        (self._sweep if line.startswith(SWEEP) else self._trial)(line)
