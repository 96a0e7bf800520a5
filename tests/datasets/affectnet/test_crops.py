"""The copies of 2021: a folder of pictures, a folder of small arrays, and what may be wrong with each."""

import pickle

import numpy as np
import pytest

from mien.labels import AFFECTNET
from mien.reasons import Reason
from tests.datasets.affectnet import reading
from tests.datasets.affectnet.reading import FACES, read, watched

TRAIN, VAL = "train_set", "val_set"


@pytest.fixture
def data(drawn, tmp_path):
    return reading.copy(drawn("affectnet_npy"), tmp_path)


def saved(data, number, kind, half=TRAIN):
    return str(np.load(data / half / "annotations" / f"{number}_{kind}.npy"))


def test_every_picture_is_read_with_its_four_files(data):
    found = read(data, FACES)
    row = found.row("train_set/images/1.jpg")
    assert (row.code, row.label) == (int(saved(data, 1, "exp")), AFFECTNET.label(row.code))
    assert row.valence == pytest.approx(float(saved(data, 1, "val")))
    assert row.arousal == pytest.approx(float(saved(data, 1, "aro")))
    points = found.landmarks[[each.sample_id for each in found.rows].index(row.sample_id)]
    assert points.ravel() == pytest.approx(np.load(data / TRAIN / "annotations/1_lnd.npy"), abs=1e-4)
    assert row[-4:] == (-1, -1, -1, -1)


def test_numbers_start_again_in_val_set_and_name_other_faces(data):
    found = read(data, FACES)
    one, other = found.row("train_set/images/0.jpg"), found.row("val_set/images/0.jpg")
    assert (one.usage, other.usage) == ("Training", "PublicTest")
    assert one.sha256 != other.sha256


def test_numbers_have_gaps(data):
    numbers = sorted(int(path.stem) for path in (data / TRAIN / "images").iterdir())
    assert numbers != list(range(len(numbers)))


def test_validation_set_is_another_name_of_val_set(data):
    (data / VAL).rename(data / "validation_set")
    assert {row.usage for row in read(data, FACES).rows} == {"Training", "PublicTest"}


def test_a_folder_whose_name_tells_no_part_is_for_training_and_said(data):
    (data / VAL).rename(data / "more")
    found = read(data, FACES)
    assert {row.usage for row in found.rows} == {"Training"}
    assert found.reader.remarks() == ["more/: its name tells no part of AffectNet, so all of it is Training"]


def test_eleven_codes_are_read_as_in_affectnet_mini(data):
    np.save(data / TRAIN / "annotations/0_exp.npy", np.array("10"))
    np.save(data / TRAIN / "annotations/0_val.npy", np.array("-2"))
    row = read(data, FACES).row("train_set/images/0.jpg")
    assert row.label == "no-face"
    assert np.isnan(row.valence)


@pytest.mark.parametrize("value", [np.array(3), np.array([3.0]), np.array("3"), np.array(["3"]), np.array(b"3")])
def test_a_label_may_be_of_any_dimension_and_type(data, value):
    np.save(data / TRAIN / "annotations/0_exp.npy", value)
    assert read(data, FACES).row("train_set/images/0.jpg").code == 3


def test_values_and_landmarks_may_be_missing(data):
    for kind in ("val", "aro", "lnd"):
        (data / TRAIN / "annotations" / f"0_{kind}.npy").unlink()
    found = read(data, FACES)
    row = found.row("train_set/images/0.jpg")
    assert np.isnan([row.valence, row.arousal]).all()
    assert np.isnan(found.landmarks).all(axis=(1, 2)).sum() == 1


def test_a_picture_without_a_label_is_refused(data):
    (data / TRAIN / "annotations/0_exp.npy").unlink()
    assert read(data, FACES).reasons == {"train_set/images/0.jpg": Reason.UNLABELED}


def test_an_annotation_without_its_picture_is_counted_and_refused(data):
    (data / VAL / "images/0.jpg").unlink()
    assert read(data, FACES).reasons == {"val_set/annotations/0_exp.npy": Reason.MISSING_FILE}


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("unpickled",))


SPOILT = {
    "pickled": lambda path: np.save(path, np.array(Trap(), dtype=object), allow_pickle=True),
    "a bare pickle": lambda path: path.write_bytes(pickle.dumps(Trap())),
    "of 0 bytes": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "of two values": lambda path: np.save(path, np.array(["1", "2"])),
}


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("kind", ["exp", "val", "lnd"])
def test_an_array_that_does_not_fit_is_refused_and_never_unpickled(data, name, kind):
    SPOILT[name](data / TRAIN / "annotations" / f"2_{kind}.npy")
    assert read(data, FACES).reasons == {"train_set/images/2.jpg": Reason.BAD_ROW}


def test_landmarks_with_135_numbers_are_refused(data):
    np.save(data / TRAIN / "annotations/2_lnd.npy", np.zeros(135))
    assert read(data, FACES).reasons == {"train_set/images/2.jpg": Reason.BAD_ROW}


def test_a_huge_array_is_refused_unread(data):
    np.save(data / TRAIN / "annotations/2_exp.npy", np.zeros(1 << 16))
    assert read(data, FACES).reasons == {"train_set/images/2.jpg": Reason.TOO_LARGE}


def test_an_annotation_that_is_a_link_out_of_the_folder_is_refused(data):
    path = data / TRAIN / "annotations/2_exp.npy"
    secret = path.rename(data.parent / "secret.npy")
    path.symlink_to(secret)
    with watched(secret):
        assert read(data, FACES).reasons == {"train_set/images/2.jpg": Reason.BAD_PATH}


def test_litter_is_passed_over_and_nothing_is_left_to_say(data):
    for name in ("Thumbs.db", "._1.jpg", ".DS_Store"):
        (data / TRAIN / "images" / name).write_bytes(b"x")
    assert read(data, FACES).found.others == ()


def test_very_many_annotations_are_counted_and_not_opened(data, monkeypatch):
    from mien.datasets import survey

    monkeypatch.setattr(survey, "LOOKS_IN_FOLDER", 3)
    found = read(data, FACES)
    assert len(found.found.survey.files) == 6
    assert found.found.others == ()
    (data / TRAIN / "annotations/notes.pdf").write_bytes(b"x")
    assert read(data, FACES).found.others == ("1 more files, not looked at",)
