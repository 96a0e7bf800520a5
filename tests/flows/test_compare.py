"""The full comparison: the five reference projects under both protocols, one epoch each on 300 drawn faces."""

import re
import sys
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from mien.comparison import ALL, NONE
from mien.presets import load_preset
from tests.flows.projects import Exchange
from tests.flows.servers import Prefect, program

pytestmark = pytest.mark.slow

PROJECTS = ("blog_cnn", "affectnet_cnn", "deep_cnn", "mememoji", "vgg_small")
"""One preset of each."""

QUICK = ["--set", "train.epochs=1", "--set", "split.validation_share=0.3", "--local"]
"""The last tenth of so few rows, which is what chooses under one of the protocols, lacks a class."""

FIGURES = ["official", "official_low", "macro_f1", "ece", "images_per_second", "seconds_per_epoch", "epochs"]
SPEEDS = ["ms_per_face", "ms_per_face_in_batch"]


class Comparison:
    """What `python -m flows.compare` came to in a checkout."""

    def __init__(self, prefect: Prefect, checkout: Path, *words: str) -> None:
        command = [sys.executable, "-m", "flows.compare", *words, *QUICK]
        with program(command, checkout.parent, prefect.environment, cwd=checkout) as flow:
            self.code, self.said = flow.process.wait(1800), flow.said
        found = re.search(r"runs/flow-run/([0-9a-f-]{36})", self.said)
        assert found is not None, self.said
        self.prefect, self.run, self.checkout = prefect, found[1], checkout
        self.folder = checkout / "build" / "compare"
        self.table = pd.read_csv(self.folder / "comparison.csv", index_col=["preset", "protocol"])

    @property
    def stages(self) -> list[str]:
        """States of the stages of all presets."""
        runs = self.prefect.flow_runs(flow_runs={"parent_flow_run_id": {"any_": [self.run]}})
        return [state for run in runs for state in self.prefect.task_states(run["id"]).values()]


@pytest.fixture(scope="module")
def checkout(tiny: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.clone(tmp_path_factory.mktemp("compared") / "checkout")


@pytest.fixture(scope="module")
def full(prefect: Prefect, checkout: Path) -> Comparison:
    return Comparison(prefect, checkout, *PROJECTS)


def test_every_project_has_its_row_under_both_protocols_with_all_figures(full):
    assert full.code == 0, full.said
    assert list(full.table.index) == [(name, protocol) for name in PROJECTS for protocol in ("seed", "sound")]
    assert full.table[[*FIGURES, *SPEEDS]].notna().all(axis=None)
    assert full.table.xs("sound", level="protocol")["clean"].notna().all()
    assert pd.isna(full.table.loc[("affectnet_cnn", "seed"), "clean"]), "every test face was learned from"
    assert (full.table["official_low"] <= full.table["official"]).all()
    for name in PROJECTS:
        preset = load_preset(name)
        published = float("nan") if preset.published.accuracy is None else preset.published.accuracy
        assert full.table.loc[(name, "sound"), "published"] == pytest.approx(published, nan_ok=True)
        if preset.parameters is not None:
            assert full.table.loc[(name, "seed"), "parameters"] == preset.parameters


def test_an_unsound_protocol_is_marked_and_the_sound_one_is_not(full):
    assert set(full.table.xs("sound", level="protocol")["believable"]) == {ALL}
    assert full.table.loc[("deep_cnn", "seed"), "believable"] == NONE
    assert full.table.loc[("affectnet_cnn", "seed"), "believable"] == NONE
    assert (full.folder / "comparison.md").read_text().count("**unsound**") == 2


def test_the_run_in_mlflow_holds_table_and_chart_and_names_the_runs_of_the_presets(full):
    client = mlflow.MlflowClient(f"sqlite:///{full.checkout / 'mlflow.db'}")
    (experiment,) = [found.experiment_id for found in client.search_experiments(filter_string="name = 'mien'")]
    (run,) = client.search_runs([experiment], "run_name = 'compare'")
    assert run.info.status == "FINISHED"
    for (preset, protocol), row in full.table.iterrows():
        assert run.data.tags[f"run.{preset}.{protocol}"] == row["run"]
        assert client.get_run(row["run"]).data.params["train.network.name"] == preset
        assert run.data.metrics[f"{preset}/{protocol}/official"] == pytest.approx(row["official"], abs=1e-6)
    names = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert {"comparison.csv", "comparison.md", "comparison.png"} <= names


def test_the_flow_run_shows_how_far_it_is_and_at_the_end_table_and_picture(full):
    assert "1 of 10, preset blog_cnn, " in full.said
    assert re.search(r"3 of 10, preset \w+, (seed's|sound) protocol, about \d+ (s|min) left", full.said)
    artifacts = full.prefect.ask("artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [full.run]}}})
    data = {artifact["key"]: artifact["data"] for artifact in artifacts}
    assert data["progress-compare"] == 100
    assert "| `mememoji`<br>6 classes<br>1,727,430 parameters | 58.1%<br>PrivateTest |" in data["comparison"]
    assert "](data:image/jpeg;base64," in data["comparison"]


def test_a_second_comparison_trains_nothing_and_knows_the_runs_behind_it(full, prefect, checkout):
    before = (checkout / "params.yaml").read_bytes()
    again = Comparison(prefect, checkout, "mememoji", "--protocol", "sound")
    assert again.code == 0, again.said
    assert set(again.stages) <= {"Cached", "Restored"}
    assert again.table.loc[("mememoji", "sound"), "run"] == full.table.loc[("mememoji", "sound"), "run"]
    assert again.table.loc[("mememoji", "sound"), "official"] == full.table.loc[("mememoji", "sound"), "official"]
    assert (checkout / "params.yaml").read_bytes() == before


def test_one_that_fails_says_why_in_its_row_and_the_others_are_there(full, prefect, checkout):
    half = Comparison(prefect, checkout, "mememoji", "--set", "clean.max_dropped_share=0.01")
    assert half.code == 1
    assert "1 of 2 have failed" in half.said
    failed, done = half.table.loc[("mememoji", "sound")], half.table.loc[("mememoji", "seed")]
    assert "more than clean.max_dropped_share" in failed["problem"]
    assert failed[[*FIGURES, *SPEEDS]].isna().all()
    assert done[[*FIGURES, *SPEEDS]].notna().all()
    assert half.prefect.flow_run(half.run)["state_type"] == "FAILED"
