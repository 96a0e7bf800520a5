"""AffectNet+: labels in JSON, what must not be ingested, and what no human has labelled."""

import json
import shutil

import numpy as np
import pytest

from mien.datasets.table import COLUMNS
from mien.errors import DataError
from mien.reasons import Reason
from tests.datasets.affectnet import reading
from tests.datasets.affectnet.reading import FACES, read, watched

HUMAN = "AffectNet+/human_annotated"
TRAIN = f"{HUMAN}/train_set"


@pytest.fixture
def data(drawn, tmp_path):
    return reading.copy(drawn("affectnet_plus"), tmp_path)


def change(data, number=0, **values):
    path = data / TRAIN / "annotations" / f"{number}.json"
    found = json.loads(path.read_text())
    path.write_text(json.dumps(found | {name.replace("_", "-"): value for name, value in values.items()}))
    return json.loads(path.read_text())


def test_every_picture_is_read_with_its_file(data):
    found = read(data, FACES)
    said = change(data)
    row = found.row(f"{TRAIN}/images/0.jpg")
    assert (row.code, row.usage) == (said["human-label"], "Training")
    assert found.landmarks[0].ravel() == pytest.approx(said["meta-data"]["landmark-68"], abs=1e-2)
    assert [each.usage for each in found.rows].count("PublicTest") == 11


@pytest.mark.parametrize("meta", [None, {}, {"valence": None, "arousal": None, "landmark-68": None, "pose": None}])
def test_meta_data_may_be_null(data, meta):
    change(data, meta_data=meta)
    found = read(data, FACES)
    assert np.isnan(found.rows[0].valence)
    assert np.isnan(found.landmarks[0]).all()


def test_age_gender_and_race_are_never_ingested(data):
    before = read(data, FACES)
    meta = change(data)["meta-data"] | {"age": 31, "gender": {"female": 0.9, "male": 0.1}, "race": {"asian": 0.7}}
    change(data, meta_data=meta)
    assert read(data, FACES).rows == before.rows
    assert not {"age", "gender", "race"} & set(COLUMNS)


BAD = {
    "no label": ({"human_label": None}, Reason.UNLABELED),
    "a label out of range": ({"human_label": 11}, Reason.LABEL_OUT_OF_RANGE),
    "a label in words": ({"human_label": "happy"}, Reason.BAD_ROW),
    "meta-data in a list": ({"meta_data": [1]}, Reason.BAD_ROW),
    "landmarks with 135 numbers": ({"meta_data": {"landmark-68": [1.0] * 135}}, Reason.BAD_ROW),
    "a valence of 3": ({"meta_data": {"valence": 3}}, Reason.BAD_ROW),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_its_reason(data, name):
    values, reason = BAD[name]
    change(data, 2, **values)
    assert read(data, FACES).reasons == {f"{TRAIN}/images/2.jpg": reason}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 5000, b"\xff"])
def test_what_is_no_json_object_is_refused(data, content):
    (data / TRAIN / "annotations/2.json").write_bytes(content)
    assert read(data, FACES).reasons == {f"{TRAIN}/images/2.jpg": Reason.BAD_ROW}


def test_missing_partners_are_refused(data):
    (data / TRAIN / "annotations/0.json").unlink()
    (data / TRAIN / "images/1.jpg").unlink()
    assert read(data, FACES).reasons == {
        f"{TRAIN}/images/0.jpg": Reason.UNLABELED,
        f"{TRAIN}/annotations/1.json": Reason.MISSING_FILE,
    }


def test_a_link_out_of_the_folder_is_refused(data):
    path = data / TRAIN / "images/2.jpg"
    secret = path.rename(data.parent / "secret.jpg")
    path.symlink_to(secret)
    with watched(secret):
        assert read(data, FACES).reasons == {f"{TRAIN}/images/2.jpg": Reason.BAD_PATH}


@pytest.fixture
def with_more(data):
    """With pictures that no human has labelled."""
    more = data / "AffectNet+/no_human_annotated"
    shutil.copytree(data / TRAIN, more)
    for path in (more / "annotations").iterdir():
        path.write_text(json.dumps({"soft-label": [0.125] * 8, "meta-data": {}}))
    return data


def test_what_no_human_has_labelled_is_not_read_and_said(with_more):
    found = read(with_more, FACES)
    assert len(found.rows) == FACES
    assert found.reader.remarks() == [
        "AffectNet+/no_human_annotated/: not read, no human has labelled it; ingest.unlabeled: true does"
    ]


def test_who_asks_for_it_gets_it_without_labels(with_more):
    found = read(with_more, FACES + 11, unlabeled=True)
    extra = [row for row in found.rows if "no_human" in row.source]
    assert [(row.code, row.label, row.usage) for row in extra] == [(-1, "", "Training")] * 11


def test_alone_it_is_an_error_that_says_what_to_do(with_more):
    shutil.rmtree(with_more / HUMAN)
    with pytest.raises(
        DataError, match=r"no human has labelled these pictures. Bring human_annotated, or set ingest.un"
    ):
        read(with_more, FACES)
