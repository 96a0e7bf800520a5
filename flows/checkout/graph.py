"""The graph of stages that dvc.yaml defines, and what in it is not up to date, as DVC sees it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flows.errors import FlowError

if TYPE_CHECKING:
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.stage import Stage

DATA = "data.dvc"
"""What DVC calls the stage that holds the raw input."""


class Graph:
    """The stages of this checkout in the order in which they run, the raw data first."""

    def __init__(self) -> None:
        self._repo = _open()
        self._stages = {str(stage.addressing): stage for stage in _in_order(self._repo)}

    @property
    def names(self) -> list[str]:
        """Names of all stages; the raw data is called `data.dvc`."""
        return list(self._stages)

    def with_upstream(self, targets: Sequence[str] | None) -> list[str]:
        """The targets and all stages that they are made from, in order; all stages without targets.

        Raises:
            FlowError: a target that dvc.yaml does not know.
        """
        if not targets:
            return self.names
        unknown = [name for name in targets if name not in self._stages]
        if unknown:
            raise FlowError(f"no stage {', '.join(unknown)} in dvc.yaml. Stages: {', '.join(self.names)}.")
        return [str(stage.addressing) for stage in _in_order(self._repo, [self._stages[name] for name in targets])]

    def producers(self, name: str) -> list[str]:
        """The stages whose outputs this stage reads itself."""
        return sorted(str(stage.addressing) for stage in self._repo.index.graph.successors(self._stages[name]))

    def changes(self, names: Sequence[str]) -> dict[str, list[Any]]:
        """What is not up to date, by stage, in DVC's words; stages without changes are left out.

        Only these stages themselves are looked at: one that is up to date still runs after a stage before it has
        written something else.
        """
        changes: dict[str, list[Any]] = self._repo.status(list(names)) if names else {}
        return changes


def _open() -> "Repo":
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        return Repo(_wait_for_lock=True)
    except DvcException as error:
        raise FlowError(f"DVC cannot read this checkout: {_words(error)}") from error


def _in_order(repo: "Repo", targets: "list[Stage] | None" = None) -> "list[Stage]":
    """The targets and what they are made from, or all stages, each after what it is made from."""
    from dvc.exceptions import DvcException
    from dvc.repo.reproduce import plan_repro

    try:
        return list(plan_repro(repo.index.graph, targets))
    except DvcException as error:
        raise FlowError(f"DVC cannot read the graph of stages: {_words(error)}") from error


def _words(error: "DvcException") -> str:
    """What DVC's own command would print: of a broken dvc.yaml the message alone says neither line nor key."""
    from dvc.exceptions import PrettyDvcException
    from dvc.ui import ui

    if not isinstance(error, PrettyDvcException):
        return str(error)
    with ui.error_console.capture() as said:
        error.__pretty_exc__()
    return "\n".join(line.rstrip() for line in said.get().splitlines())
