"""The tracking store: where it is, whether it answers, which experiment is ours.

`sqlite:///mlflow.db` beside dvc.yaml with the artifacts in mlartifacts/, or what `MLFLOW_TRACKING_URI` names.
"""

import base64
import hashlib
import http.client
import os
import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from filelock import FileLock

from mien.errors import TrackingError

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "mien"
ANSWER_SECONDS = 3.0
SERVERS = ("http://", "https://")

SETTINGS = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # A model file is code: nothing that this project starts unpickles one.
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    # By default one call to a dead server blocks for four minutes; the outbox tries again by itself.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


LOGIN = re.compile(r"(?P<scheme>[^:/]+://)(?P<login>[^/].*)@")
"""Up to the last @, since people write a password as it is."""

PLAIN_HOST = re.compile(r"https?://[^:/@?#]+(:\d*)?([/?#]|$)")
"""A server's address without login: the @ in `http://host:5000/a@b` belongs to the path."""


@dataclass(frozen=True)
class Store:
    """An open tracking store; `uri` of a server is without login."""

    uri: str
    client: "MlflowClient"
    experiment_id: str

    @property
    def shown(self) -> str:
        """The address for people, without a password."""
        return shown(self.uri)

    @property
    def digest(self) -> str:
        """Names the store in a file without telling its password."""
        return hashlib.sha256(self.uri.encode()).hexdigest()


def shown(uri: str) -> str:
    """`uri` with its password, if it has one, as stars; so is a token alone in the user's place."""
    match = LOGIN.match(uri)
    if match is None:
        return uri
    user, _, password = match["login"].partition(":")
    return f"{match['scheme']}{f'{user}:' if password else ''}***@{uri[match.end() :]}"


def without_login(uri: str) -> str:
    """The address of a server alone, as urllib wants it; whatever is no server's stays as it is."""
    match = None if PLAIN_HOST.match(uri) or not uri.startswith(SERVERS) else LOGIN.match(uri)
    return match["scheme"] + uri[match.end() :] if match else uri


def login(uri: str) -> tuple[str, str]:
    """User and password in `uri`, else those that MLflow takes from the environment; empty where there are none."""
    if without_login(uri) != uri and (match := LOGIN.match(uri)):
        user, _, password = match["login"].partition(":")
        return unquote(user), unquote(password)
    return os.environ.get("MLFLOW_TRACKING_USERNAME", ""), os.environ.get("MLFLOW_TRACKING_PASSWORD", "")


def project_root() -> Path:
    """The user's checkout: experiments in a queue run in a copy of it, and `DVC_ROOT` names the real one."""
    return Path(os.environ.get("DVC_ROOT") or Path.cwd())


def tracking_uri() -> str:
    """`MLFLOW_TRACKING_URI`, else the SQLite file in the project's root."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(project_root() / 'mlflow.db').resolve()}"


def open_store() -> Store:
    """Open the store and its experiment `mien`, making both where they are missing.

    Raises:
        TrackingError: the server does not answer within `ANSWER_SECONDS`, or the store cannot be used.
    """
    uri = tracking_uri()
    if error := silence(uri):
        raise TrackingError(
            f"the tracking server {shown(uri)} (MLFLOW_TRACKING_URI) does not answer: {error}. "
            "Start it (`mlflow server`), correct the address, or unset MLFLOW_TRACKING_URI to log to mlflow.db. "
            "Nothing was run."
        )
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    uri = _hand_over_login(uri)
    import mlflow

    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    state = project_root() / ".mien"
    state.mkdir(exist_ok=True)
    # Two processes that make the same new SQLite file at once spoil each other's migration.
    with FileLock(state / "store.lock"):
        return _connect(uri)


def _hand_over_login(uri: str) -> str:
    """Give MLflow the login apart from the address, which is in all of its errors; returns the address."""
    address = without_login(uri)
    if address != uri:
        os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"] = login(uri)
    return address


def silence(uri: str) -> Exception | None:
    """Why the server at `uri` does not answer its health check, None when it does or when there is no server."""
    if not uri.startswith(SERVERS):
        return None
    try:
        request = urllib.request.Request(without_login(uri).rstrip("/") + "/health")
        user_and_password = ":".join(login(uri))
        if user_and_password != ":":
            basic = base64.b64encode(user_and_password.encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {basic}")
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):
            return None
    except (OSError, http.client.HTTPException, ValueError) as error:  # urllib's own errors are OSErrors
        return error


def _connect(uri: str) -> Store:
    """The store at `uri`, with its experiment."""
    import mlflow
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        client = mlflow.MlflowClient(uri)
        return Store(uri, client, _experiment(client, uri))
    except (MlflowException, SQLAlchemyError) as error:
        reason = str(error).splitlines()[0].replace(uri, shown(uri))
        raise TrackingError(f"the tracking store {shown(uri)} cannot be used: {reason}. Nothing was run.") from error


def _experiment(client: "MlflowClient", uri: str) -> str:
    """Id of the experiment; without a server its artifacts go to mlartifacts/ in the project's root."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        local = not uri.startswith("http")
        place = (project_root() / "mlartifacts").resolve().as_uri() if local else None
        return str(client.create_experiment(EXPERIMENT, artifact_location=place))
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)
