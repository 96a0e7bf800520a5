"""Whether training elsewhere can work, asked before anything is done for it."""

from collections.abc import Callable, Sequence

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound

from flows.checkout.stores import check_remote, check_tracking
from flows.errors import FlowError, PassingError
from flows.remote.dispatch import DEPLOYMENT, POOL
from flows.remote.git import git
from flows.remote.meeting import dvc_remote, git_url
from flows.remote.signs import living_workers
from flows.remote.snapshot import REFS
from flows.server import has_server
from tasks.tracking.store import shown, tracking_uri


def check_ready() -> None:
    """See that training on a worker can work: a living worker, and the places where two machines meet.

    Raises:
        PassingError: something does not answer, and nothing else is wrong.
        FlowError: what is wrong, all of it at once.
    """
    checks: Sequence[Callable[[], None]] = (check_pool, _check_git, _check_dvc, _check_tracking)
    faults = [fault for check in checks if (fault := _fault(check))]
    if faults:
        kind = PassingError if all(isinstance(fault, PassingError) for fault in faults) else FlowError
        raise kind("training on a worker cannot start:\n" + "\n".join(f"- {fault}" for fault in faults))


def _fault(check: Callable[[], None]) -> FlowError | None:
    try:
        check()
    except FlowError as fault:
        return fault
    return None


def check_pool(deployment: str = DEPLOYMENT) -> None:
    """See that a worker of the pool gpu can take a run of the deployment.

    Raises:
        PassingError: the server does not answer.
        FlowError: there is no server, pool, deployment or worker.
    """
    if not has_server():
        raise FlowError("there is no Prefect server that workers could ask: set PREFECT_API_URL.")
    try:
        with get_client(sync_client=True) as client:
            _check_open(client)
            _check_deployment(client, deployment)
            _check_workers(client)
    except httpx.HTTPError as error:
        raise PassingError(f"the Prefect server does not answer: {error!r}") from error


def _check_open(client: SyncPrefectClient) -> None:
    try:
        pool = client.read_work_pool(POOL)
    except ObjectNotFound as error:
        raise FlowError(f"there is no work pool {POOL!r}: `prefect work-pool create {POOL} --type process`.") from error
    if pool.is_paused:
        raise FlowError(f"the work pool {POOL!r} is paused: `prefect work-pool resume {POOL}`.")


def _check_deployment(client: SyncPrefectClient, name: str) -> None:
    try:
        deployment = client.read_deployment_by_name(name)
    except ObjectNotFound as error:
        raise FlowError(f"there is no deployment {name}: `prefect deploy --all` in a checkout.") from error
    if deployment.work_pool_name != POOL:
        raise FlowError(f"the deployment {name} is for the pool {deployment.work_pool_name!r}, not {POOL!r}.")


def _check_workers(client: SyncPrefectClient) -> None:
    if not living_workers(client, POOL):
        raise FlowError(
            f"no worker of the pool {POOL!r} lives. On the machine with the GPU: "
            f"`uv run prefect worker start --pool {POOL}`; or train in place with --local (a sweep: without --workers)."
        )


def _check_git() -> None:
    git("push", "--dry-run", "--quiet", "--no-verify", git_url(push=True), f"HEAD:{REFS}check")


def _check_dvc() -> None:
    check_remote(dvc_remote().name)


def _check_tracking() -> None:
    uri = tracking_uri()
    if not uri.startswith(("http://", "https://")):
        raise FlowError(
            f"a worker cannot log to {shown(uri)}, a store of this machine: start an MLflow server that both reach and "
            "name it in MLFLOW_TRACKING_URI."
        )
    check_tracking()
