"""The scheduled run from end to end: training by a worker in its own clone, promotion, and what the UI shows."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.flows.browser import look_at
from tests.flows.projects import Exchange, git
from tests.flows.served import Served, serving
from tests.flows.servers import until

pytestmark = pytest.mark.slow

STAGES = ["ingest", "validate", "clean", "split", "augment", "train", "evaluate", "register"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, tiny: Exchange) -> Iterator[Served]:
    """One of this module's own: in that of all tests, others may have run the stages before."""
    with serving(tiny.clone(tmp_path_factory.mktemp("scheduled") / "checkout")) as running:
        yield running


@pytest.fixture(scope="module")
def scheduled(served: Served) -> dict[str, Any]:
    """The run that a schedule has started, once it has ended."""
    deployment = served.prefect.ask("deployments/name/pipeline/pipeline")
    soon = datetime.now(UTC) + timedelta(seconds=20)
    schedule = {"interval": 86400, "anchor_date": soon.isoformat(), "timezone": "Europe/Berlin"}
    served.prefect.ask(f"deployments/{deployment['id']}/schedules", [{"schedule": schedule, "active": True}])
    about = {"flows": {"name": {"any_": ["pipeline"]}}, "flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
    [begun] = until(lambda: served.prefect.flow_runs(**about), 120, "the schedule starts a run")
    return served.prefect.wait(begun["id"])


def test_every_stage_is_executed_and_training_by_the_worker_of_pool_gpu_in_its_own_clone(scheduled, served):
    assert scheduled["auto_scheduled"]
    assert scheduled["state_name"] == "Completed", scheduled["state"]
    wait_for_stages(served, scheduled["id"], "Executed")
    [training] = served.prefect.flow_runs(flows={"name": {"any_": ["train"]}})
    assert training["work_pool_name"] == "gpu"
    assert training["state_type"] == "COMPLETED"
    clone = served.checkout / ".mien" / "worker"
    assert git(clone, "rev-parse", "HEAD") == training["parameters"]["commit"]
    assert (clone / "build/train/model.keras").read_bytes() == (
        served.checkout / "build/train/model.keras"
    ).read_bytes()


def test_the_page_of_the_run_shows_its_stages(scheduled, served, tmp_path):
    picture = tmp_path / "run.png"
    page = look_at(f"{served.prefect.url}/runs/flow-run/{scheduled['id']}", picture, height=2500)
    assert scheduled["name"] in page
    for stage in STAGES:
        assert stage in page
    assert picture.stat().st_size > 100_000


def test_the_promotion_follows_by_itself(scheduled, served):
    [promotion] = until(lambda: promotions(served), 120, "promotion after the registration")
    assert served.prefect.wait(promotion["id"])["state_name"] == "Promoted"
    address = f"{served.mlflow}/api/2.0/mlflow/registered-models/alias?name=mien&alias=champion"
    version = json.load(urllib.request.urlopen(address))["model_version"]
    assert version["version"] == "1"


def test_with_nothing_to_do_the_next_run_only_looks(scheduled, served):
    before = len(promotions(served))
    run = served.prefect.wait(served.prefect.start("pipeline/pipeline"))
    assert run["state_type"] == "COMPLETED"
    wait_for_stages(served, run["id"], "Cached")
    assert len(promotions(served)) == before


def wait_for_stages(served: Served, run: str, state: str) -> None:
    """The server writes the states of tasks down a while after they were told."""

    def told() -> bool:
        states = served.prefect.task_states(run)
        return [(name, states[name]) for name in states if name in STAGES] == [(name, state) for name in STAGES]

    until(told, 30, f"every stage is {state}")


def promotions(served: Served) -> list[dict[str, Any]]:
    return served.prefect.flow_runs(flows={"name": {"any_": ["promote"]}})
