"""The automation that crashes flow runs whose process is gone, as Prefect's documentation describes it.

A process that is killed by SIGKILL, or with its machine, tells nobody: its run would say Running for ever and keep its
place in the concurrency limit. Only runs of our deployments, by their tag: others on the same server may be silent for
longer, three minutes where nobody has said otherwise.
"""

from datetime import timedelta

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import StateType
from prefect.events import emit_event
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

from flows.server import TAG

NAME = "Crash zombie flows"
PARTS = {"trigger", "actions"}
SILENCE = timedelta(seconds=90)
"""Three heartbeats (`flows.SETTINGS`); the server looks every 5 s, so the run is crashed after 100 s at most."""

STATES_OF_A_PROCESS = ("heartbeat", "Pending", "Submitting", "Running", "Cancelling")
"""Pending and Submitting: a worker has taken the run, and may be killed before the run begins. What waits for a
container or an image says InfrastructurePending, for as long as that takes."""

TAGGED = {"prefect.resource.id": f"prefect.tag.{TAG}", "prefect.resource.role": "tag"}
SIGNS_OF_LIFE = {f"prefect.flow-run.{event}" for event in STATES_OF_A_PROCESS}
WHATEVER_COMES = {"prefect.flow-run.*"}
"""The end of a run is an event that has the name of its last state, which a flow may call as it likes."""


def zombie_automation() -> AutomationCore:
    """After a sign of life another event of the same run is expected."""
    return AutomationCore(
        name=NAME,
        description="A flow run whose process was killed is marked Crashed.",
        trigger=EventTrigger(
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            match_related=ResourceSpecification({name: [value] for name, value in TAGGED.items()}),
            after=SIGNS_OF_LIFE,
            expect=WHATEVER_COMES,
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


def watch_for_zombies() -> None:
    """Make the automation where it is missing, and have it watch the runs of before too.

    A server that was down itself has forgotten which runs it waits for: those are said to live once, here, and are
    crashed when they do not say so themselves.
    """
    under_way = FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING, StateType.CANCELLING])
    ours = FlowRunFilter(state=FlowRunFilterState(type=under_way), tags=FlowRunFilterTags(all_=[TAG]))
    with get_client(sync_client=True) as client:
        _make_automation(client)
        for run in client.read_flow_runs(flow_run_filter=ours):
            resource = {"prefect.resource.id": f"prefect.flow-run.{run.id}"}
            emit_event("prefect.flow-run.heartbeat", resource, related=[TAGGED])


def _make_automation(client: SyncPrefectClient) -> None:
    """An automation that is changed forgets what it waits for, so one that is right stays untouched."""
    wanted = zombie_automation()
    known = client.read_automations_by_name(NAME)
    if not known:
        client.create_automation(wanted)
    elif known[0].model_dump(include=PARTS) != wanted.model_dump(include=PARTS):
        client.update_automation(known[0].id, AutomationCore(**wanted.model_dump(exclude={"owner_resource"})))
