"""Stores with a registered model of three versions: a SQLite file, a server on SQLite, a server on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.registry.entry import CHALLENGER, CHAMPION, Registry
from tasks.tracking.store import open_store
from tests.flows.database import postgres
from tests.flows.servers import mlflow_server

NAME = "mien"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("registry-server")) as url:
        yield url


@pytest.fixture(scope="session")
def server_on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres() as database, mlflow_server(tmp_path_factory.mktemp("registry-postgres"), database) as url:
        yield url


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_store: Path) -> Registry:
    """On a SQLite file: version 1 is champion, 2 is challenger, 3 is nothing yet."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    shutil.copy(new_store, tmp_path)
    return filled(NAME)


@pytest.fixture(params=["file", "server", "server_on_postgres"])
def any_registry(request: pytest.FixtureRequest, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The same in each kind of store, under a name of its own."""
    if request.param == "file":
        return registry
    monkeypatch.setenv("MLFLOW_TRACKING_URI", request.getfixturevalue(request.param))
    return filled("".join(c if c.isalnum() else "-" for c in request.node.name))


def filled(name: str) -> Registry:
    store = open_store()
    run = store.client.create_run(store.experiment_id).info.run_id
    store.client.create_registered_model(name)
    for number in range(3):
        store.client.create_model_version(name, f"runs:/{run}/model-{number}", run)
    registry = Registry(store, name)
    registry.point(CHAMPION, "1")
    registry.point(CHALLENGER, "2")
    return registry


def snapshot(registry: Registry) -> dict[str, object]:
    """All that a promotion may change."""
    tags = {number: dict(registry.version(number).tags) for number in ("1", "2", "3")}
    return {"standing": registry.standing(), **tags}
