import json

import pytest

from flows.reporting.figures import figures_table
from mien.soundness import Soundness


@pytest.fixture
def metrics(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    side = {"accuracy": 0.8, "accuracy_interval": {"low": 0.75, "high": 0.85}, "macro_f1": 0.7, "ece": 0.05, "n": 100}
    folder = tmp_path / "build" / "evaluate"
    folder.mkdir(parents=True)
    metrics = {"official": side, "clean": {"n": 0}, "test_usage": "PrivateTest", "protocol": Soundness(100).record}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return metrics, folder / "metrics.json"


def test_figures_stand_beside_those_of_the_promoted_version_with_their_difference(metrics):
    table = figures_table({"version": "3", "official.accuracy": "0.83"})
    assert "champion, version 3" in table
    assert "| official accuracy | 0.800 (0.750 to 0.850) | 0.830 | -0.030 |" in table
    assert "| official macro F1 | 0.700 | - | - |" in table
    assert "PrivateTest" in table


def test_a_side_without_rows_and_a_registry_without_a_champion_are_no_errors(metrics):
    table = figures_table({})
    assert "champion (none yet)" in table
    assert "clean" not in table


def test_figures_that_are_not_to_be_believed_are_called_that_first(metrics):
    content, path = metrics
    assert figures_table({}).startswith("| figure")
    path.write_text(json.dumps(content | {"protocol": Soundness(100, test_in_validation=100).record}))
    assert figures_table({}).startswith("**These figures are not to be believed: 100 of 100 test faces chose")
