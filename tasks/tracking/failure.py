"""Log a pass that a stage before `train` has ended: `python -m tasks.tracking.failure STAGE`.

A program of its own, started by the stage that failed, so that the stages before `train` need not import MLflow.
"""

import sys
from contextlib import suppress

from mien.errors import TrackingError
from tasks.tracking.run import open_run


class StageFailedError(Exception):
    """Ends the run as FAILED."""


def log_failure(stage: str) -> None:
    """Log the stages up to `stage`, what it reported included, in a run that has failed."""
    with suppress(StageFailedError), open_run(stage) as run:
        run.replay(stage)
        raise StageFailedError(stage)


if __name__ == "__main__":
    try:
        log_failure(sys.argv[1])
    except TrackingError as error:
        sys.exit(f"this failure is not logged: {error}")
