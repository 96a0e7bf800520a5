"""Whether training elsewhere can work, asked before anything is done for it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound

from flows.errors import FlowError, PassingError
from flows.remote.dispatch import DEPLOYMENT, POOL
from flows.remote.git import git
from flows.remote.meeting import DvcRemote, dvc_remote, git_url
from flows.remote.signs import living_workers
from flows.remote.snapshot import REFS
from flows.server import has_server
from tasks.tracking.store import shown, silence, tracking_uri

if TYPE_CHECKING:
    from prefect.client.schemas.objects import WorkPool


def check_ready(pool: str = POOL) -> None:
    """See that training on a worker can work: a living worker, and the places where two machines meet.

    Raises:
        PassingError: something does not answer, and nothing else is wrong.
        FlowError: what is wrong, all of it at once.
    """
    checks: Sequence[Callable[[], None]] = (lambda: _check_pool(pool), _check_git, _check_dvc, _check_tracking)
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


def _check_pool(name: str) -> None:
    if not has_server():
        raise FlowError("there is no Prefect server that workers could ask: set PREFECT_API_URL.")
    try:
        with get_client(sync_client=True) as client:
            _check_deployment(client, _pool(client, name))
            _check_workers(client, name)
    except httpx.HTTPError as error:
        raise PassingError(f"the Prefect server does not answer: {error!r}") from error


def _pool(client: SyncPrefectClient, name: str) -> "WorkPool":
    try:
        pool = client.read_work_pool(name)
    except ObjectNotFound as error:
        raise FlowError(f"there is no work pool {name!r}: `prefect work-pool create {name} --type process`.") from error
    if pool.is_paused:
        raise FlowError(f"the work pool {name!r} is paused: `prefect work-pool resume {name}`.")
    return pool


def _check_deployment(client: SyncPrefectClient, pool: "WorkPool") -> None:
    try:
        deployment = client.read_deployment_by_name(DEPLOYMENT)
    except ObjectNotFound as error:
        raise FlowError(f"there is no deployment {DEPLOYMENT}: `prefect deploy --all` in a checkout.") from error
    if deployment.work_pool_name != pool.name:
        raise FlowError(
            f"the deployment {DEPLOYMENT} is for the pool {deployment.work_pool_name!r}, not {pool.name!r}."
        )


def _check_workers(client: SyncPrefectClient, pool: str) -> None:
    if not living_workers(client, pool):
        raise FlowError(
            f"no worker of the pool {pool!r} lives. On the machine with the GPU: `prefect worker start --pool {pool} "
            "--type process`; or train in place with --local."
        )


def _check_git() -> None:
    git("push", "--dry-run", "--quiet", "--no-verify", git_url(push=True), f"HEAD:{REFS}check")


def _check_dvc() -> None:
    remote = dvc_remote()
    try:
        there = _is_there(remote)
    except OSError as error:
        raise PassingError(f"the DVC remote {remote.name!r} does not answer: {error}") from error
    if not there:
        raise FlowError(
            f"the DVC remote {remote.name!r} is not there: no folder {remote.folder}. Mount it, or make it "
            "if it is new."
        )


def _is_there(remote: DvcRemote) -> bool:
    """Whether a folder exists; other stores only have to answer: an empty one has no folders."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    if remote.folder:
        return remote.folder.is_dir()
    try:
        store = Repo().cloud.get_remote_odb(remote.name)
        store.fs.exists(store.path)
    except DvcException as error:
        raise FlowError(f"the DVC remote {remote.name!r} cannot be used: {error}") from error
    return True


def _check_tracking() -> None:
    uri = tracking_uri()
    if not uri.startswith(("http://", "https://")):
        raise FlowError(
            f"a worker cannot log to {shown(uri)}, a store of this machine: start an MLflow server that both reach and "
            "name it in MLFLOW_TRACKING_URI."
        )
    if error := silence(uri):
        raise PassingError(f"the tracking server {shown(uri)} does not answer: {error}.")
