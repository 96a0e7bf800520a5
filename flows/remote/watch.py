"""Watching a flow run on another machine until it has ended, also where nobody is left to end it."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
from prefect.exceptions import PrefectException
from prefect.states import Cancelled, Crashed

from flows.errors import FlowError, PassingError
from flows.remote.signs import is_silent, living_workers

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun, State

LOOK_SECONDS = 1.0
SIGNS_SECONDS = 3.0
"""How often signs of life are looked for."""

LONELY_SECONDS = 4.0
"""How long there may be no living worker before a run that waits for one is given up; together with the heartbeats
that a worker may miss that is less than a minute."""

BUSY_SECONDS = 30.0
OUTAGE_SECONDS = 300.0
"""How long the Prefect server may be away; a training goes on without it."""

WORKER = "prefect.worker.name"
"""Label of a flow run, set by the worker that takes it."""

Tell = Callable[[str], None]


class Watch:
    """Looks at one flow run of a pool until it has ended, and tells what changes."""

    def __init__(self, client: "SyncPrefectClient", pool: str, tell: Tell) -> None:
        self._client, self._pool, self._tell = client, pool, tell
        self._begun = self._answered = self._looked = time.monotonic()
        self._lonely_since: float | None = None
        self._said: set[str] = set()

    def until_end(self, run: "FlowRun") -> "FlowRun":
        """The run once it is final.

        Raises:
            FlowError: it waits for a worker and none lives; it is cancelled then.
            PassingError: the server has been away for too long.
        """
        while True:
            try:
                run = self._client.read_flow_run(run.id)
                if run.state is not None and run.state.is_final():
                    return run
                self._look_at(run)
                self._answered = time.monotonic()
            except (httpx.HTTPError, PrefectException) as error:
                self._bear(error)
            time.sleep(LOOK_SECONDS)

    def _look_at(self, run: "FlowRun") -> None:
        state = run.state
        if state is None:
            return
        self._say(f"{run.name}: {_in_words(state, run)}")
        if time.monotonic() - self._looked < SIGNS_SECONDS:
            return
        self._looked = time.monotonic()
        if state.is_scheduled() or state.is_pending():
            self._expect_worker(run, state)
        elif is_silent(self._client, run):
            self._set(run, Crashed(message="Not heard of any more: its machine has gone down, or its network."))

    def _expect_worker(self, run: "FlowRun", state: "State[Any]") -> None:
        taken_by = run.labels.get(WORKER) if state.is_pending() else None
        living = living_workers(self._client, self._pool)
        now = time.monotonic()
        if taken_by in living if taken_by else living:
            self._lonely_since = None
            if state.is_scheduled() and now - self._begun > BUSY_SECONDS:
                self._say(f"the workers of the pool {self._pool} live but are busy; waiting for a turn")
            return
        self._lonely_since = self._lonely_since or now
        if now - self._lonely_since > LONELY_SECONDS:
            self._give_up(run, taken_by)

    def _give_up(self, run: "FlowRun", taken_by: object) -> None:
        if taken_by:
            self._set(run, Crashed(message=f"The worker {taken_by} that had taken it is gone."))
            return
        self._set(run, Cancelled(message="No worker lives."))
        raise FlowError(
            f"no worker of the pool {self._pool!r} lives; {run.name!r}, which waited for one, is cancelled. Start one "
            f"(`uv run prefect worker start --pool {self._pool}` on the machine with the GPU), or train in "
            "place with --local (a sweep: without --workers)."
        )

    def _set(self, run: "FlowRun", state: "State[Any]") -> None:
        """What nobody else is left to say of the run."""
        self._client.set_flow_run_state(run.id, state, force=True)

    def _bear(self, error: Exception) -> None:
        self._say(f"the Prefect server does not answer ({type(error).__name__}); the work goes on without it")
        if time.monotonic() - self._answered > OUTAGE_SECONDS:
            raise PassingError(f"the Prefect server has not answered for {OUTAGE_SECONDS:.0f} s: {error}") from error

    def _say(self, line: str) -> None:
        """Tell a line that has not been told yet."""
        if line not in self._said:
            self._said.add(line)
            self._tell(line)


def _in_words(state: "State[Any]", run: "FlowRun") -> str:
    worker = run.labels.get(WORKER)
    if state.is_scheduled():
        return "waits for a worker" if state.name in ("Scheduled", "Late") else f"waits ({state.name})"
    return f"{state.name}" + (f" on worker {worker}" if worker else "")
