"""The pipeline with an MLflow server whose store is PostgreSQL."""

import json
import urllib.request

import pytest

from tests.flows.projects import run

pytestmark = pytest.mark.slow


def test_the_pipeline_logs_to_a_server_on_postgresql_and_registers_there(checkout, prefect, mlflow_on_postgres):
    environment = {**prefect.environment, "MLFLOW_TRACKING_URI": mlflow_on_postgres}
    run(checkout, "python", "-m", "flows.pipeline", "--local", **environment)
    [tracked] = ask(mlflow_on_postgres, "runs/search", experiment_ids=["1"])["runs"]
    assert tracked["info"]["status"] == "FINISHED"
    metrics = {metric["key"] for metric in tracked["data"]["metrics"]}
    for summary in (checkout / "build").glob("*/summary.json"):
        stage = summary.parent.name
        assert {f"{stage}/{name}" for name in json.loads(summary.read_text())["metrics"]} <= metrics
    assert {"epoch/loss", "ingest/accepted"} <= metrics
    tags = {tag["key"]: tag["value"] for tag in tracked["data"]["tags"]}
    [flow_run] = prefect.flow_runs(flow_runs={"id": {"any_": [tags["pipeline.key"].removeprefix("prefect-")]}})
    assert flow_run["state_type"] == "COMPLETED"
    version = ask(mlflow_on_postgres, "registered-models/alias?name=mien&alias=challenger")["model_version"]
    assert version["version"] == "1"


def ask(server: str, path: str, **body: object) -> dict:
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(f"{server}/api/2.0/mlflow/{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())
