"""Run a stage inside the MLflow run of its pass."""

from collections.abc import Callable
from typing import Any

from tasks.stage import Outcome, finish, stage_process
from tasks.tracking.run import PipelineRun, open_run


def run_tracked_stage(stage: Callable[[Any, PipelineRun], Outcome]) -> None:
    """As `tasks.stage.run_stage`, for a stage that also takes the run.

    A store that does not answer stops the stage before any work.
    """
    with stage_process(stage.__name__) as params, open_run(stage.__name__) as run:
        outcome = stage(params, run)
        finish(stage.__name__, params, outcome)
        run.replay(stage.__name__)
