"""The lines of a stage as log lines of its task, and its progress as an artifact that moves."""

import re
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.exceptions import PrefectException
from prefect.logging import get_run_logger

METER = re.compile(r"^(?P<title>[^:]+): [\d,]+ of [\d,]+ \((?P<share>\d+)%\), (?P<rest>\d+ s left.*)$")
"""A line of `mien.progress` where the output is no terminal."""

HINT = re.compile(
    r"^(To track the changes with git|\s+git add|To enable auto staging|\s+dvc config core|Use `dvc push`)"
)
"""What DVC advises somebody at a terminal."""


class Bar:
    """How far something is, as an artifact of the run that moves."""

    def __init__(self, what: str) -> None:
        self._key = f"progress-{re.sub('[^a-z0-9]+', '-', what.lower())}"
        self._artifact: UUID | None = None

    def show(self, percent: float, text: str) -> None:
        """Move the bar, which is there from the first call on; a server that does not answer costs a warning."""
        try:
            if self._artifact is None:
                self._artifact = _id(create_progress_artifact(percent, key=self._key, description=text))
            else:
                update_progress_artifact(self._artifact, percent, description=text)
        except (httpx.HTTPError, PrefectException) as error:
            # Hours of training are worth more than a bar.
            get_run_logger().warning("progress is not shown: %s", error)

    def fill(self) -> None:
        """All is done; nothing where there is no bar."""
        if self._artifact is not None:
            self.show(100.0, "done")


class StageLog:
    """Takes the lines of one stage, as they come."""

    def __init__(self, stage: str) -> None:
        self._logger, self._bar = get_run_logger(), Bar(stage)

    def __call__(self, line: str) -> None:
        """Log the line; show it as progress too where it tells any."""
        if HINT.match(line):
            return
        self._logger.info(line)
        if found := METER.match(line):
            self._bar.show(float(found["share"]), f"{found['title']}: {found['rest']}")

    def done(self) -> None:
        """Fill the bar, if there is one."""
        self._bar.fill()


def _id(created: object) -> UUID:
    assert isinstance(created, UUID)
    return created
