"""Tell people how a flow run ended, through a notification block of Prefect: Slack, e-mail, a webhook, ...

Nobody is told by default. Make a block in the UI, then name it:

    prefect variable set mien_notify slack-webhook/team
"""

import inspect
from typing import TYPE_CHECKING, Any

from flows.errors import FlowError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, State
    from prefect.flows import Flow

VARIABLE = "mien_notify"
"""Prefect variable with the block's type and name, as Prefect writes them: `slack-webhook/team`."""


async def notify(flow: "Flow[..., Any]", flow_run: "FlowRun", state: "State[Any]") -> None:
    """Hook for `@flow(on_completion=[notify], on_failure=[notify], ...)`.

    A notification that does not get through is a line in the run's log, whatever the block raises.
    """
    from prefect.logging.loggers import flow_run_logger

    try:
        await tell(flow.name, flow_run, state)
    except Exception as error:  # noqa: BLE001 - blocks are of many makers
        reason = str(error).strip().splitlines()[:1]
        flow_run_logger(flow_run, flow).warning("nobody was told how this run ended: %s", *reason or [repr(error)])


async def tell(flow_name: str, flow_run: "FlowRun", state: "State[Any]") -> None:
    """Send the notification; does nothing where no block is named.

    Raises:
        FlowError: the block is one for something else.
        Exception: what Prefect or the block raises when it cannot be loaded or does not get through.
    """
    from prefect.variables import Variable

    name = await Variable.aget(VARIABLE)
    if not name:
        return
    from prefect.blocks.abstract import NotificationBlock
    from prefect.blocks.core import Block

    block: object = await Block.aload(str(name))
    if not isinstance(block, NotificationBlock):
        raise FlowError(f"{name}, which the Prefect variable {VARIABLE} names, is no notification block.")
    with block.raise_on_failure():
        sent = block.notify(subject=f"{flow_name}: {state.name}", body=message(flow_run, state))
        if inspect.isawaitable(sent):
            await sent


def message(flow_run: "FlowRun", state: "State[Any]") -> str:
    """What happened, why, and where to look."""
    from prefect.utilities.urls import url_for

    lines = [f"Run {flow_run.name} has ended: {state.name}.", state.message, url_for(flow_run)]
    return "\n".join(line for line in lines if line)
