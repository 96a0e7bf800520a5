"""Trials in one process of this machine, a child of the flow: `kill -9` of the flow takes it along."""

import json
from collections.abc import Callable, Mapping

from flows.checkout.child import CommandFailedError, run_module
from flows.stages.identity import flow_tags
from flows.stages.result import explain
from mien.sweep.budget import Budget
from mien.sweep.study import load_study

PROGRAM = "tasks.trials"


def run_here(name: str, budget: Budget, tell: Callable[[str], None], environment: Mapping[str, str]) -> None:
    """Run the trials of the study `name` that are left.

    Where the process is killed (as the system does when memory is short), another one goes on; a trial that this
    happens to again and again counts as failed.

    Args:
        name: of the study.
        budget: what is to be done.
        tell: takes lines for people.
        environment: variables for the process.

    Raises:
        PassingError: the tracking server does not answer.
        FlowError: the trials cannot be run.
    """
    tags = {"PIPELINE_TAGS": json.dumps(flow_tags())}
    while True:
        before = states(name)
        try:
            run_module(PROGRAM, name, *budget.words, environment={**tags, **environment}, on_line=tell)
        except CommandFailedError as error:
            if error.code >= 0 or states(name) == before:
                raise explain("trials", error) from error
            tell(f"the process of the trials was ended by signal {-error.code}; another one goes on")
        else:
            return


def states(name: str) -> list[str]:
    """State of every trial of a study: the same before and after means that nothing has moved."""
    return [trial.state.name for trial in load_study(name).get_trials(deepcopy=False)]
