"""`python -m flows.recovery.watchman PID FLOW_RUN_ID KEY`: waits for the end of a flow's process, then tidies up.

An orderly flow dismisses its watchman before it ends; what comes after the wait is for one that was killed or cut off.
"""

import sys
import time
from collections.abc import Callable
from contextlib import suppress

from tasks.processes import wait_for_end

GRACE_SECONDS = 12.0
"""Time for the stage's own process to end its MLflow run in order."""


def tidy_up(flow_run_id: str, key: str) -> None:
    """Do what the killed process has left undone; each step also where another one fails."""
    from flows.recovery import killed

    steps: tuple[Callable[[], None], ...] = (
        lambda: killed.end_flow_run(flow_run_id),
        lambda: killed.put_back_overrides(key),
        lambda: killed.tell_people(flow_run_id) if key else None,  # else whoever started the run tells
        lambda: time.sleep(GRACE_SECONDS),
        lambda: killed.end_task_runs(flow_run_id),  # by now the server has what the dead process last said of them
        lambda: killed.end_tracking_run(key),
    )
    for step in steps:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - the other steps matter more than a clean end of this process
            with suppress(OSError):  # as on a full disk
                print(f"watchman of {flow_run_id}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    wait_for_end(int(sys.argv[1]))
    tidy_up(*sys.argv[2:])
