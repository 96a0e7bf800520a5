"""What `prefect deploy --all` and `python -m flows.deploy` register, on real servers that know nothing yet."""

import json
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.flows.servers import Prefect, Program, prefect_server, program

pytestmark = pytest.mark.slow

DEPLOY_ALL = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
PASSWORD = "mien:secret"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    with prefect_server(tmp_path_factory.mktemp("fresh")) as server:
        yield server


def call(words: list[str], checkout: Path, server: Prefect, more: Mapping[str, str] | None = None) -> Program:
    with program(words, checkout.parent, {**server.environment, **(more or {})}, cwd=checkout) as called:
        called.process.wait(120)
    return called


def deployments(server: Prefect) -> dict[str, dict]:
    flows = {flow["id"]: flow["name"] for flow in server.ask("flows/filter", {})}
    return {f"{flows[found['flow_id']]}/{found['name']}": found for found in server.ask("deployments/filter", {})}


def test_a_missing_pool_stops_the_deployment_before_anything_is_registered(checkout, fresh):
    called = call(DEPLOY_ALL, checkout, fresh)
    assert called.process.returncode == 1
    assert "'cpu' which does not exist" in called.said
    fresh.ask("work_pools/", {"name": "cpu", "type": "process"})
    called = call(DEPLOY_ALL, checkout, fresh)
    assert called.process.returncode == 1
    assert "no work pool 'gpu' on this server; nothing was deployed" in called.said
    assert "Traceback" not in called.said
    assert deployments(fresh) == {}


def test_the_deployments_with_schedule_limits_and_described_parameters(checkout, prefect):
    called = call([sys.executable, "-m", "flows.deploy"], checkout, prefect)
    assert called.process.returncode == 0, called.said
    assert {pool["name"]: pool["type"] for pool in prefect.ask("work_pools/filter", {})} == {
        "cpu": "process",
        "gpu": "process",
    }
    found = deployments(prefect)
    assert {name: one["work_pool_name"] for name, one in found.items()} == {
        "pipeline/pipeline": "cpu",
        "compare/compare": "cpu",
        "train/train": "gpu",
        "sweep/sweep": "cpu",
        "trials/trials": "gpu",
        "promote/promote": "cpu",
    }
    assert found["trials/trials"]["global_concurrency_limit"] is None
    for name, one in found.items():
        if name != "trials/trials":
            assert one["global_concurrency_limit"]["limit"] == 1, name
            assert one["concurrency_options"]["collision_strategy"] == "ENQUEUE", name
        assert one["description"], name
        assert one["tags"] == ["mien"], name
        fields = one["parameter_openapi_schema"]["properties"]
        assert set(one["parameters"]) <= set(fields), name
        assert all(field.get("description") for field in fields.values()), name
    [weekly] = found["pipeline/pipeline"]["schedules"]
    assert weekly["active"]
    assert weekly["schedule"]["cron"] == "0 3 * * 1"
    assert weekly["schedule"]["timezone"] == "Europe/Berlin"
    assert not found["train/train"]["schedules"]
    assert not found["promote/promote"]["schedules"]


def test_deploying_again_changes_nothing(checkout, prefect):
    call([sys.executable, "-m", "flows.deploy"], checkout, prefect)
    before = deployments(prefect), zombies(prefect)
    assert call(DEPLOY_ALL, checkout, prefect).process.returncode == 0
    assert call([sys.executable, "-m", "flows.deploy"], checkout, prefect).process.returncode == 0
    after = deployments(prefect), zombies(prefect)
    assert {name: one["id"] for name, one in before[0].items()} == {name: one["id"] for name, one in after[0].items()}
    assert len(after[1]) == 1
    assert before[1] == after[1]  # changed, it would forget which runs it waits for


def test_deploying_again_keeps_what_a_person_has_decided_in_the_ui(checkout, prefect):
    call([sys.executable, "-m", "flows.deploy"], checkout, prefect)
    promote, pipeline = (deployments(prefect)[name] for name in ("promote/promote", "pipeline/pipeline"))
    assert promote["parameters"] == {"approval": False}
    [weekly] = pipeline["schedules"]
    change(prefect, f"deployments/{promote['id']}", {"parameters": {"approval": True}})
    change(prefect, f"deployments/{pipeline['id']}/schedules/{weekly['id']}", {"active": False})
    for words in (DEPLOY_ALL, [sys.executable, "-m", "flows.deploy"]):
        assert call(words, checkout, prefect).process.returncode == 0
        assert deployments(prefect)["promote/promote"]["parameters"] == {"approval": True}
        assert not deployments(prefect)["pipeline/pipeline"]["schedules"][0]["active"]
    change(prefect, f"deployments/{promote['id']}", {"parameters": {"approval": False}})  # the server is everybody's


def change(server: Prefect, path: str, body: dict) -> None:
    """PATCH, as the UI does."""
    data, kind = json.dumps(body).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/api/{path}", data, kind, method="PATCH")
    urllib.request.urlopen(request, timeout=30).close()


def zombies(server: Prefect) -> list[dict]:
    return [found for found in server.ask("automations/filter", {}) if found["name"] == "Crash zombie flows"]


def test_a_server_that_is_not_there_is_named(checkout, prefect):
    absent = Prefect("http://127.0.0.1:9", prefect.home)
    called = call([sys.executable, "-m", "flows.deploy"], checkout, absent)
    assert called.process.returncode == 1
    assert "the Prefect server http://127.0.0.1:9/api does not answer" in called.said
    assert "Traceback" not in called.said


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    """A server with a password."""
    with prefect_server(tmp_path_factory.mktemp("guarded"), PREFECT_SERVER_API_AUTH_STRING=PASSWORD) as server:
        yield server


@pytest.mark.parametrize("password", [{}, {"PREFECT_API_AUTH_STRING": "mien:wrong"}])
@pytest.mark.parametrize("module", ["flows.deploy", "flows.pipeline", "flows.promote"])
def test_whoever_lacks_the_password_is_told_what_to_set(checkout, guarded, module, password):
    called = call([sys.executable, "-m", module], checkout, guarded, password)
    assert called.process.returncode == 1
    assert "Set PREFECT_API_AUTH_STRING to the server's" in called.said
    assert "Traceback" not in called.said


def test_whoever_has_the_password_is_served(checkout, guarded):
    called = call([sys.executable, "-m", "flows.deploy"], checkout, guarded, {"PREFECT_API_AUTH_STRING": PASSWORD})
    assert called.process.returncode == 0, called.said
    assert "deployment promote/promote" in called.said


def test_an_address_without_prefect_is_told(checkout, prefect):
    elsewhere = {"PREFECT_API_URL": f"{prefect.url}/api/nowhere"}
    called = call([sys.executable, "-m", "flows.deploy"], checkout, prefect, elsewhere)
    assert called.process.returncode == 1
    assert "no Prefect API at" in called.said
    assert "Traceback" not in called.said
