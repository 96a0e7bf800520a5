"""Waiting for a person, who resumes the flow run in Prefect's UI."""

from prefect import pause_flow_run, suspend_flow_run
from prefect.runtime import deployment

from flows.errors import FlowError
from flows.promotion.trial import Trial
from flows.server import has_server

WEEK_SECONDS = 7 * 24 * 3600


def check_approvable() -> None:
    """See that somebody can approve. Raises FlowError where there is no server whose UI shows this run."""
    if not has_server():
        raise FlowError(
            "approval needs a Prefect server, in whose UI a person resumes the flow run. Start one "
            "(`python -m flows.serve`), or set PREFECT_API_URL. Nothing was judged."
        )


def wait_for_approval(trial: Trial) -> None:
    """Stop this flow run until a person resumes it; at once when these two versions have been approved in it.

    The run of a deployment is suspended: its process ends, so that it survives a restart of the worker and gives back
    its concurrency slot, and when it is resumed the flow begins anew and judges again. A run that was started by hand
    has nobody who would start it again: its process waits.
    """
    pair = f"version-{trial.challenger}-over-{trial.champion or 'none'}"
    if deployment.id:
        suspend_flow_run(key=pair, timeout=None)
    else:
        pause_flow_run(key=pair, timeout=WEEK_SECONDS, poll_interval=5)
