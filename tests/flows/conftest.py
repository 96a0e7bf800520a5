"""Servers that the slow tests share; each is started by the first test that asks for it."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from tests.flows.database import postgres
from tests.flows.projects import Exchange, tiny_project
from tests.flows.served import Served, serving
from tests.flows.servers import Prefect, mlflow_server, prefect_server


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    with prefect_server(tmp_path_factory.mktemp("prefect-server")) as server:
        yield server


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an MLflow server on SQLite."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow-server")) as url:
        yield url


@pytest.fixture(scope="session")
def mlflow_on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an MLflow server on PostgreSQL."""
    with postgres() as database, mlflow_server(tmp_path_factory.mktemp("mlflow-postgres"), database) as url:
        yield url


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Exchange:
    """The tiny project, for tests that do not push to its `main`."""
    return tiny_project(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def exchange(tmp_path: Path, tiny: Exchange) -> Exchange:
    """A copy of the tiny project's exchange for one test alone."""
    return Exchange(copytree(tiny.git, tmp_path / "project.git"), copytree(tiny.dvc, tmp_path / "remote"))


@pytest.fixture
def checkout(tmp_path: Path, exchange: Exchange) -> Path:
    """A clone of the tiny project for one test alone."""
    return exchange.clone(tmp_path / "checkout")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, tiny: Exchange) -> Iterator[Served]:
    """A clone of the tiny project with everything local running; who hurts it waits until it is well again."""
    with serving(tiny.clone(tmp_path_factory.mktemp("served") / "checkout")) as running:
        yield running
