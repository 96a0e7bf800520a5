"""Drawn AffectNet through the stages: each format is ingested and passes `validate` with the stock limits."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien.datasets.synthetic.affectnet import FORMATS
from mien.datasets.table import Faces
from mien.errors import DataError
from mien.params import IngestParams, ValidateParams, parse_params
from tasks.ingest import ingest
from tasks.stage import Outcome, write_summary
from tasks.validate import validate
from tests.datasets.affectnet.reading import FACES

ROOT = Path(__file__).parents[3]
OUT = Path("build/ingest")


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_ingested(project, drawn, name):
    Path("data").symlink_to(drawn(name))
    outcome = ingest(IngestParams())
    assert (outcome.metrics["read"], outcome.metrics["accepted"], outcome.metrics["refused"]) == (FACES, FACES, 0)
    assert outcome.notes[0].startswith("read ")
    landmarks = np.load(OUT / "landmarks.npy")
    assert len(landmarks) == (FACES if name.startswith("affectnet") else 0)
    table = Faces.load(OUT).table
    assert table["label_space"].unique().tolist() == ["affectnet"]
    assert table["valence"].notna().any() == name.startswith("affectnet")


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_sound_by_the_usual_limits(project, drawn, name):
    Path("data").symlink_to(drawn(name))
    ingest(IngestParams())
    few = ValidateParams(min_rows=FACES, required_classes=("happy", "neutral"))
    assert validate(few).metrics["failed"] == 0


def test_too_many_bad_rows_stop_the_stage_and_are_all_written(project, drawn):
    shutil.copytree(drawn("affectnet"), "data")
    for path in sorted(Path("data/Manually_Annotated_Images/1").iterdir()):
        path.write_bytes(b"")
    with pytest.raises(DataError, match=r"8 of 22 rows refused \(36.36%; .* allows 0.10%\): 8 empty_file"):
        ingest(IngestParams())
    refused = pd.read_parquet(OUT / "refused.parquet")
    assert (len(refused), set(refused["reason"])) == (8, {"empty_file"})
    assert len(Faces.load(OUT)) + len(refused) == FACES


GATES = {"min_accuracy": 0.0, "min_macro_f1": 0.0, "min_recall": 0.0, "max_ece": 1.0}


def run(stage, section, *more) -> Outcome:
    Path("build", stage.__name__).mkdir(parents=True, exist_ok=True)
    outcome = stage(section, *more)
    write_summary(stage.__name__, section.model_dump(mode="json"), outcome)
    return outcome


@pytest.mark.slow
def test_the_original_distribution_goes_all_the_way_to_a_registered_model(project, monkeypatch, new_store):
    """In colour, with eyes made level, and with valence and arousal learnt beside the eight classes."""
    from tasks.augment import augment
    from tasks.clean import clean
    from tasks.evaluate import evaluate
    from tasks.register import register
    from tasks.split import split
    from tasks.tracking.run import open_run
    from tasks.train import train

    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIPELINE_KEY", "test-pass")
    shutil.copy(new_store, ".")
    shutil.copy(ROOT / "dvc.yaml", ".")
    FORMATS["affectnet"](Path("data"), 150, 3)
    sections = {
        "ingest": {"color": "rgb", "crop_margin": 0.1, "align": True},
        "train": {"epochs": 1, "affect": {"weight": 0.5}, "network": {"name": "blog_cnn"}},
        "evaluate": {"bootstrap_samples": 100},
        "register": {"gates": GATES},
    }
    Path("params.yaml").write_text(json.dumps(sections))
    params = parse_params(sections)
    for stage in (ingest, validate, clean, split, augment):
        run(stage, params.section(stage.__name__))
    for stage in (train, evaluate, register):
        with open_run(stage.__name__) as tracked:
            outcome = run(stage, params.section(stage.__name__), tracked)

    faces = pd.read_parquet("build/split/faces.parquet")
    assert set(faces.loc[faces["split"] == "test", "usage"]) == {"PublicTest"}
    assert json.loads(Path("build/split/classes.json").read_text())[-1] == "contempt"
    assert outcome.metrics == {"registered": 1}
