import json

import numpy as np
import pandas as pd
import pytest

from mien.errors import DataError
from mien.params import ClassPolicy, SplitParams
from tasks.split import split

USAGES = ("Training", "PublicTest", "PrivateTest")


def write_dropped(build, *rows):
    """Rows of (usage, reason)."""
    table = pd.DataFrame(rows, columns=["usage", "reason"], dtype=object)
    table.to_parquet(build / "clean" / "dropped.parquet", index=False)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder in which `clean` has kept 90 faces of three classes, the last of them without a label."""
    rows = [(usage, label) for usage in USAGES for label in ("happy", "sad", "neutral") for _ in range(10)]
    table = pd.DataFrame(rows, columns=["usage", "label"])
    table["face"] = table["group"] = np.arange(len(table), dtype=np.int32)
    table["sha256"] = [f"{face:064x}" for face in table["face"]]
    table["twin_in_training"] = False
    table.loc[len(table) - 1, "label"] = ""
    (tmp_path / "build" / "clean").mkdir(parents=True)
    table.to_parquet(tmp_path / "build" / "clean" / "kept.parquet", index=False)
    write_dropped(tmp_path / "build")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "build"


def test_it_writes_the_faces_in_use_those_left_out_and_the_classes(project):
    split(SplitParams())
    faces = pd.read_parquet(project / "split" / "faces.parquet")
    excluded = pd.read_parquet(project / "split" / "excluded.parquet")
    assert json.loads((project / "split" / "classes.json").read_text()) == ["happy", "sad", "neutral"]
    assert faces["split"].value_counts().to_dict() == {"train": 30, "validation": 30, "test": 29}
    assert excluded[["face", "reason"]].to_numpy().tolist() == [[89, "unlabeled"]]


def test_its_metrics_count_rows_of_each_side_and_class(project):
    metrics = split(SplitParams(classes=ClassPolicy(merge={"sad": "neutral"}))).metrics
    assert metrics == {
        "classes": 2,
        "train": 30,
        "train.happy": 10,
        "train.neutral": 20,
        "validation": 30,
        "validation.happy": 10,
        "validation.neutral": 20,
        "test": 29,
        "test.happy": 10,
        "test.neutral": 19,
        "excluded": 1,
        "excluded.unlabeled": 1,
    }


def test_its_note_tells_the_sizes_and_the_classes(project):
    note, origin = split(SplitParams()).notes
    assert origin == "test from PrivateTest, train from Training, validation from PublicTest"
    assert note == "train 30, validation 30, test 29 faces of 3 classes (happy, sad, neutral); excluded: 1 unlabeled"


def test_a_split_that_makes_the_figures_worthless_is_said_before_anything_is_trained(project):
    outcome = split(SplitParams(validation="test"))
    assert outcome.notes[2] == "These figures are not to be believed: 29 of 29 test faces chose the weights."
    assert (outcome.metrics["validation"], outcome.metrics["test"]) == (29, 29)
    assert len(pd.read_parquet(project / "split" / "faces.parquet")) == 30 + 29 + 29


def test_rows_that_clean_dropped_by_their_pixels_from_where_the_test_faces_are_are_counted(project):
    write_dropped(project, ("PrivateTest", "not_a_face"), ("PrivateTest", "constant"), ("Training", "low_entropy"))
    assert "of PrivateTest, where the test faces are from, clean dropped 1 by their" in split(SplitParams()).notes[2]
    drawn = split(SplitParams(by="stratified")).notes[2]
    assert "of PrivateTest and PublicTest and Training, where the test faces are from, clean dropped 2" in drawn
    write_dropped(project, ("Training", "low_entropy"))
    assert len(split(SplitParams()).notes) == 2


def test_a_second_run_writes_the_same_bytes(project):
    def written():
        split(SplitParams(by="stratified"))
        return {path.name: path.read_bytes() for path in (project / "split").iterdir()}

    assert written() == written()


def test_a_class_policy_that_does_not_fit_fails_it(project):
    with pytest.raises(DataError, match="smug"):
        split(SplitParams(classes=ClassPolicy(drop=("smug",))))
