"""One preset under one protocol: a flow of its own, so that it has stages, pictures and an MLflow run of its own."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.checkout.graph import Graph
from flows.planning import make_plan
from flows.recovery.watch import watched
from flows.reporting.summary import report, summary_line
from flows.server import has_server
from flows.stages.run import run_stages
from mien.errors import MienError

LAST = "evaluate"
"""Nothing is registered: a comparison is no candidate for promotion."""


@flow(name="preset", flow_run_name="{preset}, {protocol} protocol", result_serializer="json")
def attempt(preset: str, protocol: str, local: bool) -> State[Any]:  # noqa: ARG001 - they name the run
    """The stages up to `evaluate`, in a checkout that the caller holds and whose params.yaml is the preset's.

    Args:
        preset: Its name, for people.
        protocol: Its protocol, for people.
        local: Train in place, not on a worker of the pool gpu.
    """
    try:
        with watched():  # the caller's own watchman puts params.yaml back
            plan = make_plan(Graph().with_upstream([LAST]), forced=[], local=local, has_server=has_server())
            results = list(run_stages(plan))
            report(results)
    except MienError as error:
        return Failed(message=str(error))
    last = results[-1]
    return Failed(message=last.message) if last.failed else Completed(message=summary_line(results))
