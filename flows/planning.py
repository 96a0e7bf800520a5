"""What a run of the pipeline is going to do, and whether it can: every check that is possible before work starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.checkout.graph import Graph
from flows.checkout.overrides import check_params
from flows.checkout.stores import check_remote, check_tracking
from flows.errors import FlowError
from mien.params import load_params

TRAIN = "train"


@dataclass(frozen=True)
class Plan:
    """What to do.

    `stages` in order; `stale` of them have changed, as far as is known before anything runs; `forced` of them run
    whatever DVC says; `pull`: ask the default remote for missing data.
    """

    stages: Sequence[str]
    stale: frozenset[str]
    forced: frozenset[str]
    pull: bool
    train_elsewhere: bool


def check_request(stages: Sequence[str] | None, params: Mapping[str, Any]) -> list[str]:
    """The stages that a request means, in order; nothing is written.

    Raises:
        FlowError: a stage that dvc.yaml does not know.
        ParamsError: params.yaml, or what the request makes of it, does not validate.
    """
    if params:
        check_params(params)
    else:
        load_params()
    return Graph().with_upstream(stages)


def make_plan(names: Sequence[str], *, forced: Sequence[str], local: bool, has_server: bool) -> Plan:
    """Check what the stale stages need: the data remote, the tracking server, a worker to train on.

    Raises:
        FlowError: something is missing, and what to do about it.
        PassingError: something does not answer.
    """
    stale = frozenset(Graph().changes(names)) | set(forced)
    if not stale:
        return Plan(names, stale, frozenset(), pull=False, train_elsewhere=False)
    pull = check_remote()
    elsewhere = not local and has_server and TRAIN in names and bool(stale & set(names[: names.index(TRAIN) + 1]))
    if elsewhere:
        _check_worker(forced)
    else:
        check_tracking()
    return Plan(names, stale, frozenset(forced), pull, elsewhere)


def _check_worker(forced: Sequence[str]) -> None:
    from flows.remote.preflight import check_ready

    if TRAIN in forced:
        raise FlowError(
            "a worker takes training that somebody has done before from DVC's run cache, so it cannot be forced there. "
            "Add --local (`local` in the form), or change train.seed."
        )
    check_ready()
