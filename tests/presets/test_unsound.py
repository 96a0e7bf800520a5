"""A preset under its seed's unsound protocol, through the stages: its figures are called what they are."""

import json
import shutil
from pathlib import Path

import pytest

from mien.datasets.synthetic import generate, write_csv
from mien.params import parse_params
from mien.presets import load_preset
from tasks.stage import Outcome, write_summary

pytestmark = pytest.mark.slow

GATES = {"min_accuracy": 0.0, "min_macro_f1": 0.0, "min_recall": 0.0, "max_ece": 1.0}
"""That every network passes."""


@pytest.fixture
def params(tmp_path, monkeypatch, new_store):
    """Settings of a project folder with drawn faces, in which no stage has run."""
    shutil.copy(new_store, tmp_path)
    shutil.copy(Path(__file__).parents[2] / "dvc.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("PIPELINE_KEY", "test-pass")
    Path("data").mkdir()
    write_csv(Path("data/faces.csv"), generate(rows=300, seed=5))
    sections = load_preset("deep_cnn").sections("seed")
    sections["train"]["epochs"] = 1
    sections |= {"evaluate": {"bootstrap_samples": 100}, "register": {"gates": GATES}}
    Path("params.yaml").write_text(json.dumps(sections))
    return parse_params(sections)


def run(stage, section, *more) -> Outcome:
    Path("build", stage.__name__).mkdir(parents=True, exist_ok=True)
    outcome = stage(section, *more)
    write_summary(stage.__name__, section.model_dump(mode="json"), outcome)
    return outcome


def test_its_report_warns_and_no_model_of_it_is_registered(params):
    from tasks.augment import augment
    from tasks.clean import clean
    from tasks.evaluate import evaluate
    from tasks.ingest import ingest
    from tasks.register import register
    from tasks.split import split
    from tasks.tracking.run import open_run
    from tasks.tracking.store import open_store
    from tasks.train import train

    for stage in (ingest, clean, split, augment):
        run(stage, params.section(stage.__name__))
    for stage in (train, evaluate, register):
        with open_run(stage.__name__) as tracked:
            outcome = run(stage, params.section(stage.__name__), tracked)

    protocol = json.loads(Path("build/evaluate/metrics.json").read_text())["protocol"]
    tests = json.loads(Path("build/split/summary.json").read_text())["metrics"]["test"]
    assert (protocol["sound"], protocol["test_in_validation"], protocol["seen"]) == (False, tests, tests)
    report = Path("build/evaluate/report.html").read_text()
    said = f"{tests} of {tests} test faces chose the weights"
    assert f"These figures are not to be believed: {said}" in report
    assert "as the preset deep_cnn, the seed&#39;s protocol, but train.epochs 1 instead of 100" in report
    assert said in Path("build/register/model_card.md").read_text()
    assert Path("build/evaluate/held_out.txt").read_text() == ""

    assert outcome.metrics == {"registered": 0}
    failed = [
        name
        for name, passed in json.loads(Path("build/register/registered.json").read_text())["gates"].items()
        if not passed
    ]
    assert failed == ["max_seen_test_faces"]
    assert said in "\n".join(outcome.notes)
    assert "register.gates" not in "\n".join(outcome.notes)  # no limit there would help
    client = open_store().client
    assert not client.search_registered_models()
    (found,) = client.search_runs([open_store().experiment_id], "tags.preset = 'deep_cnn'")
    assert found.data.metrics["evaluate/protocol.seen"] == tests
