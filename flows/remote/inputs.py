"""What a stage reads that other stages have made: it goes to the worker through the DVC remote."""

import re
from typing import Any

from flows.checkout.child import CommandFailedError, run_dvc
from flows.checkout.graph import Graph
from flows.errors import FlowError, PassingError
from flows.stages.result import PASSING

INCOMPLETE = re.compile(r"files failed to")
"""How DVC says that a remote has taken or given only a part."""


def check_complete(stage: str) -> None:
    """See that every stage before this one is up to date, so that dvc.lock names what is there.

    Raises:
        FlowError: one is not.
    """
    graph = Graph()
    before = [name for name in graph.with_upstream([stage]) if name != stage]
    if changes := graph.changes(before):
        raise FlowError(f"not up to date before {stage}: {', '.join(changes)}. Run these stages first.")


def inputs_of(stage: str) -> dict[str, Any]:
    """What a stage would be run on now: the MD5 of each dependency by path, each param by its key, as JSON."""
    from dvc.dependency.param import ParamsDependency
    from dvc.repo import Repo

    loaded = Repo(_wait_for_lock=True).stage.load_one(name=stage)
    loaded.save_deps(allow_missing=True)
    found: dict[str, Any] = {}
    for dependency in loaded.deps:
        if isinstance(dependency, ParamsDependency):
            found |= dependency.read_params()
        else:
            found[dependency.def_path] = dependency.hash_info.value
    return found


def push_inputs(stage: str, remote: str) -> None:
    """Bring the inputs of a stage to a remote.

    Raises:
        PassingError: the remote does not answer.
    """
    transfer("push", remote, *Graph().producers(stage))


def pull_inputs(stage: str, remote: str) -> None:
    """Take exactly the inputs of a stage that dvc.lock names from a remote, whatever lies in their place.

    Raises:
        PassingError: the remote does not answer.
        FlowError: it does not have them.
    """
    transfer("pull", remote, "--force", *Graph().producers(stage))


def transfer(direction: str, remote: str, *words: str) -> None:
    """`dvc push` or `dvc pull` with these words.

    Raises:
        PassingError: the remote does not answer, or only in part.
        FlowError: anything else.
    """
    try:
        run_dvc(direction, "--remote", remote, *words)
    except CommandFailedError as error:
        said = "\n".join(error.lines)
        kind = PassingError if PASSING.search(said) or INCOMPLETE.search(said) else FlowError
        raise kind(f"the DVC remote {remote!r}: {error}") from error
