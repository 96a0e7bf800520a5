"""Signs of life of workers and flow runs, judged by the server's own clock.

Prefect calls a worker online for minutes after it is gone, and a run whose machine has gone down runs for ever.
"""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter, EventOrder, EventResourceFilter

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun, Worker

WORKER_SECONDS = 30
"""How often a worker says that it lives, where it does not say how often."""

WORKER_MISSES = 1.5
"""Heartbeats after which a silent worker counts as gone. Prefect spreads them over 0.7 to 1.3 of their interval."""

RUN_ENVIRONMENT = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
"""Makes a flow run say every 30 s that it lives; Prefect allows no less."""

RUN_SILENCE = timedelta(seconds=95)
"""Three heartbeats of a run, and the seconds that the server takes to store one."""


def living_workers(client: "SyncPrefectClient", pool: str) -> set[str]:
    """Names of the workers of a pool that have been heard of lately; the pool must exist."""
    now = _now(client)
    return {worker.name for worker in client.read_workers_for_work_pool(pool) if _is_alive(worker, now)}


def _is_alive(worker: "Worker", now: datetime) -> bool:
    if worker.last_heartbeat_time is None:
        return False
    limit = timedelta(seconds=WORKER_MISSES * (worker.heartbeat_interval_seconds or WORKER_SECONDS))
    return now - worker.last_heartbeat_time < limit


def is_silent(client: "SyncPrefectClient", run: "FlowRun") -> bool:
    """Whether a flow run that has begun has not been heard of for longer than a living one would be."""
    begun = run.state.timestamp if run.state else None
    now = _now(client)
    heartbeats = EventFilter(
        event=EventNameFilter(name=["prefect.flow-run.heartbeat"]),
        resource=EventResourceFilter(id=[f"prefect.flow-run.{run.id}"]),
        # By the clock of the worker, which may be ahead.
        occurred=EventOccurredFilter(until=now + timedelta(days=1)),
        order=EventOrder.DESC,
    )
    heard = [event.received for event in client.read_events(heartbeats, limit=1).events]
    last = max([*heard, *([begun] if begun else [])])
    return now - last > RUN_SILENCE


def _now(client: "SyncPrefectClient") -> datetime:
    return parsedate_to_datetime(client.hello().headers["date"])
