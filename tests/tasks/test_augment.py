from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from mien.errors import DataError
from mien.params import AugmentParams
from tasks.augment import augment
from tests.augmentation.faces import smooth

SPLIT = ["train"] * 9 + ["validation"] * 2 + ["test"] * 3


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A working folder as `split` leaves it: 14 of 20 ingested faces, nine of them to learn from (6 happy, 3 sad)."""
    monkeypatch.chdir(tmp_path)
    for stage in ("ingest", "split"):
        Path("build", stage).mkdir(parents=True)
    np.save("build/ingest/images.npy", smooth(20))
    index = np.array([0, 0, 1] * 3 + [0, 1] + [0, 1, 1], np.int16)
    table = pd.DataFrame(
        {
            "face": np.arange(14, dtype=np.int32) + 5,
            "split": SPLIT,
            "class": np.array(["happy", "sad"])[index],
            "class_index": index,
        }
    )
    table.to_parquet("build/split/faces.parquet", index=False)
    return tmp_path


def written() -> tuple[np.ndarray, pd.DataFrame]:
    return np.load("build/augment/images.npy"), pd.read_parquet("build/augment/faces.parquet")


def bytes_written() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path("build/augment").iterdir()}


def test_only_faces_to_learn_from_are_copied(project):
    outcome = augment(AugmentParams(copies=2))
    images, table = written()
    assert images.shape == (18, 48, 48)
    assert table["face"].tolist() == np.repeat(np.arange(5, 14), 2).tolist()
    assert table["class"].value_counts().to_dict() == {"happy": 12, "sad": 6}
    assert dict(outcome.metrics) == {"originals": 9, "copies": 18, "images.happy": 18, "images.sad": 9}


def test_each_row_names_the_original_of_its_copy(project):
    augment(AugmentParams(ranges="none", copies=1))
    images, table = written()
    np.testing.assert_array_equal(images, np.load("build/ingest/images.npy")[table["face"]])
    assert table.dtypes.astype(str).to_dict() == {"face": "int32", "class": "str", "class_index": "int16"}


def test_copies_are_changed(project):
    augment(AugmentParams(copies=1))
    images, table = written()
    originals = np.load("build/ingest/images.npy")[table["face"]]
    assert (images != originals).reshape(len(images), -1).mean(axis=1).min() > 0.5


def test_balance_ends_with_classes_of_one_size(project):
    outcome = augment(AugmentParams(copies=0, balance=True))
    assert written()[1]["class"].tolist() == ["sad"] * 3
    assert (outcome.metrics["images.happy"], outcome.metrics["images.sad"]) == (6, 6)


def test_no_copies_leave_an_empty_table_and_array(project):
    augment(AugmentParams(copies=0))
    images, table = written()
    assert images.shape == (0, 48, 48)
    assert table.columns.tolist() == ["face", "class", "class_index"]
    assert len(table) == 0


def test_the_same_parameters_give_the_same_bytes_and_another_seed_others(project):
    augment(AugmentParams())
    first = bytes_written()
    augment(AugmentParams())
    assert bytes_written() == first
    augment(AugmentParams(seed=43))
    assert bytes_written()["images.npy"] != first["images.npy"]


def test_the_preview_shows_a_row_for_each_chosen_face(project):
    outcome = augment(AugmentParams())
    picture = cv2.imread("build/augment/preview.png")
    assert outcome.artifacts == ["preview.png"]
    assert picture.shape[1] == 1400
    assert picture.shape[0] > 4 * 80


def test_the_rate_is_said_but_stays_out_of_the_outcome(project, capsys):
    outcome = augment(AugmentParams())
    assert "copies a second" in capsys.readouterr().err
    assert "second" not in str(outcome)


def test_a_split_without_training_rows_is_an_error(project):
    table = pd.read_parquet("build/split/faces.parquet")
    table.assign(split="test").to_parquet("build/split/faces.parquet", index=False)
    with pytest.raises(DataError, match=r"build/split/faces\.parquet: none of its 14 rows is for training"):
        augment(AugmentParams())
