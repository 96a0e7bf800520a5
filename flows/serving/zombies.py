"""The automation that crashes flow runs whose process is gone, as Prefect's documentation describes it.

A process that is killed by SIGKILL, or with its machine, tells nobody: its run would say Running for ever and keep its
place in the concurrency limit.
"""

from datetime import timedelta

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

NAME = "Crash zombie flows"
SILENCE = timedelta(seconds=90)
"""Three heartbeats (`flows.SETTINGS`); the server looks every 5 s, so the run is crashed after 100 s at most."""

SIGNS_OF_LIFE = {"prefect.flow-run.heartbeat", "prefect.flow-run.Running"}
ENDS = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Crashed", "Cancelled", "Suspended")}


def zombie_automation() -> AutomationCore:
    """After a sign of life another one or an end is expected."""
    return AutomationCore(
        name=NAME,
        description="A flow run whose process was killed is marked Crashed.",
        trigger=EventTrigger(
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            after=SIGNS_OF_LIFE,
            expect=SIGNS_OF_LIFE | ENDS,
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENCE,
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message=f"No sign of life for {SILENCE.total_seconds():.0f} s: its process was killed, or its machine.",
            )
        ],
    )


def make_zombie_automation() -> None:
    """Make the automation, or bring the one of this name up to date; the server remembers only that it is there."""
    with get_client(sync_client=True) as client:
        known = client.read_automations_by_name(NAME)
        if known:
            client.update_automation(known[0].id, zombie_automation())
        else:
            client.create_automation(zombie_automation())
