"""The plain way to try settings: DVC's queue of experiments, each of which is found in MLflow by its name."""

import re
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.flows.projects import Exchange, dvc, run
from tests.flows.servers import until

pytestmark = pytest.mark.slow


def test_queued_experiments_train_each_with_its_setting_and_are_in_the_checkouts_own_store(
    tmp_path: Path, tiny: Exchange, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    checkout = tiny.clone(tmp_path / "checkout")
    dvc(checkout, "repro", "--quiet", "augment")
    said = dvc(checkout, "exp", "run", "--queue", "-S", "train.network.filters=16,32", "train")
    names = re.findall(r"Queued experiment '([\w-]+)'", said)
    assert len(names) == 2
    dvc(checkout, "queue", "start")
    until(lambda: dvc(checkout, "queue", "status").count("Success") == 2, 200, "both experiments have ended")

    client = MlflowClient(f"sqlite:///{checkout}/mlflow.db")
    experiment = client.get_experiment_by_name("mien")
    assert experiment is not None
    found = {one.info.run_name: one for one in client.search_runs([experiment.experiment_id])}
    assert set(found) == set(names)
    assert {one.data.params["train.network.filters"] for one in found.values()} == {"16", "32"}
    assert all(one.info.status == "FINISHED" and "train/val_accuracy" in one.data.metrics for one in found.values())
    shown = run(checkout, sys.executable, "-m", "dvc", "exp", "list", "--name-only").split()
    assert set(shown) == set(names)
