import cv2
import numpy as np
import pandas as pd
import pytest

from mien.errors import DataError
from mien.params import CleanParams
from tasks.clean import clean
from tests.cleaning.tables import make_faces, noise

RULES = {"entropy": {"method": "local", "drop_percent": 10.0}}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder in which `ingest` has run: 24 faces, among them a black one, a repeated one and a leaked one."""
    images = noise(24, 16)
    images[3], images[7], images[20] = 0, images[6], images[1]
    usages = ["Training"] * 18 + ["PublicTest"] * 3 + ["PrivateTest"] * 3
    faces = make_faces(images, usages, ["sad", "happy"] * 3 + ["fear"] * 18)
    folder = tmp_path / "build" / "ingest"
    folder.mkdir(parents=True)
    np.save(folder / "images.npy", images)
    faces.table.to_parquet(folder / "faces.parquet", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "build"


def test_it_writes_what_it_kept_and_dropped_and_a_picture_of_it(project):
    outcome = clean(CleanParams(**RULES))
    kept = pd.read_parquet(project / "clean" / "kept.parquet")
    dropped = pd.read_parquet(project / "clean" / "dropped.parquet")
    assert len(kept) + len(dropped) == 24
    assert dropped.set_index("face")["reason"].drop(1).to_dict() == {3: "constant", 7: "duplicate_within"}
    assert dropped["reason"].tolist()[0] == "duplicate_across"
    assert set(kept.columns) >= {"face", "usage", "label", "group", "twin_in_training", "entropy"}
    assert cv2.imread(str(project / "clean" / "gallery.png")).shape[1] == 1400
    assert set(outcome.artifacts) == {"dropped.parquet", "gallery.png"}


def test_its_metrics_are_its_counts(project):
    metrics = clean(CleanParams(**RULES)).metrics
    assert metrics["kept"] + metrics["dropped"] == 24
    assert sum(count for name, count in metrics.items() if name.startswith("dropped.")) == metrics["dropped"]
    assert metrics["dropped.constant"] == metrics["twin_in_training"] == 1
    assert metrics["twin_groups"] == metrics["largest_twin_group"] == 2


def test_too_many_dropped_faces_fail_it_with_counts_and_everything_written(project):
    with pytest.raises(DataError, match=r"3 of 24 .*10\.0%.*1 constant.*1 duplicate_within.*build/clean/gallery.png"):
        clean(CleanParams(max_dropped_share=0.1))
    assert sorted(path.name for path in (project / "clean").iterdir()) == [
        "doubtful.parquet",
        "dropped.parquet",
        "gallery.png",
        "kept.parquet",
    ]


def test_a_second_run_writes_the_same_bytes(project):
    def written():
        clean(CleanParams(**RULES))
        return {path.name: path.read_bytes() for path in (project / "clean").iterdir()}

    assert written() == written()


def test_labels_are_believed_where_nobody_asks(project):
    outcome = clean(CleanParams(**RULES))
    assert len(pd.read_parquet(project / "clean" / "doubtful.parquet")) == 0
    assert not [name for name in outcome.metrics if name.startswith("labels.")]
    assert not any("seem wrong" in note for note in outcome.notes)


def test_it_writes_nothing_outside_its_folder(project):
    clean(CleanParams())
    assert {path.name for path in project.iterdir()} == {"ingest", "clean"}
    assert len(list(project.parent.iterdir())) == 1


def test_where_the_share_of_non_faces_is_less_than_one_row_nobody_looks_and_that_is_said(project):
    outcome = clean(CleanParams(nonfaces={"drop_percent": 5.0}))
    assert (
        "nobody looked for pictures without a face: 5 % of the rows of Training (clean.nonfaces)" in outcome.notes[-1]
    )
    assert pd.read_parquet(project / "clean" / "kept.parquet")["nonface"].isna().all()
    assert not any("nobody looked" in note for note in clean(CleanParams()).notes)
