"""What a run of the pipeline is going to do, and whether it can: every check that is possible before work starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prefect.logging import get_run_logger

from flows.checkout.graph import Graph
from flows.checkout.overrides import NOTHING, check_params
from flows.checkout.stores import check_remote, check_tracking
from flows.stages.again import patiently
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


def check_request(
    stages: Sequence[str] | None, params: Mapping[str, Any], sections: Mapping[str, Any] = NOTHING
) -> list[str]:
    """The stages that a request means, in order; nothing is written.

    Args:
        stages: names; all of them without.
        params: as `flows.checkout.overrides.check_params`, as for `sections`.
        sections: of a preset.

    Raises:
        FlowError: a stage that dvc.yaml does not know.
        ParamsError: params.yaml, or what the request makes of it, does not validate.
    """
    if params or sections:
        check_params(params, sections)
    else:
        load_params()
    return Graph().with_upstream(stages)


def make_plan(names: Sequence[str], *, forced: Sequence[str], local: bool, has_server: bool) -> Plan:
    """Check what the stale stages need: the data remote, the tracking server, a worker to train on.

    To be called within a flow run. Where a worker started that, an outage is waited for.

    Raises:
        FlowError: something is missing, and what to do about it.
        PassingError: something does not answer.
    """
    stale = frozenset(Graph().changes(names)) | set(forced)
    if not stale:
        return Plan(names, stale, frozenset(), pull=False, train_elsewhere=False)
    elsewhere = not local and has_server and TRAIN in names and bool(stale & set(names[: names.index(TRAIN) + 1]))
    pull = patiently(lambda: _check_needs(elsewhere), get_run_logger().warning)
    return Plan(names, stale, frozenset(forced), pull, elsewhere)


def _check_needs(elsewhere: bool) -> bool:
    """Whether there is a default remote; everything has answered then."""
    pull = check_remote()
    if elsewhere:
        from flows.remote.preflight import check_ready

        check_ready()
    else:
        check_tracking()
    return pull
