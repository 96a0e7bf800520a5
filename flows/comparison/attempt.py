"""One preset under one protocol: a flow of its own, so that it has stages, pictures and an MLflow run of its own."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Failed

from flows.checkout.graph import Graph
from flows.recovery.watch import watched
from flows.stages.identity import pass_key
from flows.stages.run import run_pass
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
        with watched(pass_key()):  # the caller's own watchman puts params.yaml back, and tells people
            state = run_pass(Graph().with_upstream([LAST]), [], local)
    except MienError as error:
        return Failed(message=str(error))
    return state
