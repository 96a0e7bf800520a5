import hashlib

import cv2
import numpy as np
import pytest

from mien.datasets import reader as module
from mien.datasets.folder import FolderReader, label_space, place
from mien.errors import DataError
from mien.labels import AFFECTNET, FER2013
from mien.params.preparation import Preparation
from mien.reasons import Reason
from tests.datasets import fakes


def read(root, space=FER2013, image_size=48):
    reader = FolderReader(root, space.name, Preparation(image_size))
    batches = []
    for shard in reader.shards():
        batch = reader.read(shard)
        assert len(batch.rows) + len(batch.refusals) == shard.rows
        batches.append(batch)
    rows = [row for batch in batches for row in batch.rows]
    refusals = [refusal for batch in batches for refusal in batch.refusals]
    return np.concatenate([batch.images for batch in batches]), rows, refusals, sum(batch.colour for batch in batches)


PLACES = {
    "train/angry/Training_10131352.jpg": ("angry", "Training"),
    "test/angry/PublicTest_5543497.jpg": ("angry", "PublicTest"),
    "test/sad/PrivateTest_10131363.jpg": ("sad", "PrivateTest"),
    "images/validation/happy/123.jpg": ("happy", "PublicTest"),
    "Train/Anger/image0000006.jpg": ("anger", "Training"),
    "valid/fear/1.png": ("fear", "PublicTest"),
    "test/fear/1.png": ("fear", "PrivateTest"),
    "fer/fer/test/neutral/1.png": ("neutral", "PrivateTest"),
    "surprise/1.png": ("surprise", "Training"),
    "train/train/6/1.png": ("6", "Training"),
    "train/fer/test/fear/1.png": ("fear", "PrivateTest"),
    "train/1.png": ("", "Training"),
    "1.png": ("", "Training"),
    "happy/Training_12a.jpg": ("happy", "Training"),
    "test/happy/Training.jpg": ("happy", "PrivateTest"),
}


@pytest.mark.parametrize("name", PLACES)
def test_the_path_tells_class_and_usage(name):
    assert (place(name).folder, place(name).usage) == PLACES[name]


def test_the_start_of_the_name_wins_over_the_folder():
    assert place("train/happy/PrivateTest_1.jpg").usage == "PrivateTest"


def msambare(root):
    """A folder as msambare/fer2013 has it: test/ holds PublicTest and PrivateTest together."""
    images = fakes.faces(4, seed=3)
    names = (
        "test/angry/PublicTest_2.png",
        "test/sad/PrivateTest_3.png",
        "train/angry/Training_1.png",
        "train/happy/Training_0.png",
    )
    for name, face in zip(names, images, strict=True):
        fakes.write_picture(root, name, face)
    return images


def test_the_msambare_layout_gives_the_official_usages_back(tmp_path):
    images = msambare(tmp_path)
    faces, rows, refusals, colour = read(tmp_path)
    assert np.array_equal(faces, images)
    assert [(row.label, row.code, row.usage) for row in rows] == [
        ("angry", 0, "PublicTest"),
        ("sad", 4, "PrivateTest"),
        ("angry", 0, "Training"),
        ("happy", 3, "Training"),
    ]
    assert rows[0][:3] == ("test/angry/PublicTest_2.png",) * 2 + (0,)
    assert rows[0].sha256 == hashlib.sha256(images[0].tobytes()).hexdigest()
    assert (refusals, colour) == ([], 0)


def test_spellings_and_case_of_class_names_do_not_matter(tmp_path):
    names = ("ANGER/1.png", "Disgusted/1.png", "Fearful/1.png", "happiness/1.png", "Surprised/1.png")
    for name in names:
        fakes.write_picture(tmp_path, name, fakes.faces(1)[0])
    assert [row.label for row in read(tmp_path)[1]] == ["angry", "disgust", "fear", "surprise", "happy"]


def test_digits_mean_what_the_label_space_says(tmp_path):
    fakes.write_picture(tmp_path, "train/0/1.png", fakes.faces(1)[0])
    assert read(tmp_path, FER2013)[1][0].label == "angry"
    row = read(tmp_path, AFFECTNET)[1][0]
    assert (row.label, row.label_space, row.code) == ("neutral", "affectnet", 0)


def test_digits_without_a_label_space_are_never_guessed():
    with pytest.raises(DataError, match=r"class folders 0, 1: digits mean .* ingest.label_space .* fer2013, affectnet"):
        label_space({"0", "1"}, None)
    assert label_space({"0", "1"}, "affectnet") is AFFECTNET


def test_names_speak_for_themselves_and_tell_the_label_space():
    assert label_space({"anger", "happy", "other"}, None) is FER2013
    assert label_space({"anger", "happy", "contempt"}, None) is AFFECTNET
    assert label_space({"anger", "contempt"}, "fer2013") is FER2013


def test_pictures_of_any_size_and_colour_become_gray_faces(tmp_path):
    gray = fakes.faces(1, size=96)[0]
    fakes.write_picture(tmp_path, "happy/1.png", gray)
    fakes.write_picture(tmp_path, "happy/2.png", np.dstack([gray] * 3))
    faces, rows, _, colour = read(tmp_path, image_size=32)
    assert faces.shape == (2, 32, 32)
    assert np.array_equal(faces[0], faces[1])
    assert [(row.width, row.height) for row in rows] == [(96, 96)] * 2
    assert {row.sha256 for row in rows} == {hashlib.sha256(gray.tobytes()).hexdigest()}
    assert colour == 1


def test_content_counts_and_not_the_suffix(tmp_path):
    fakes.write_picture(tmp_path, "happy/1.png", fakes.faces(1)[0]).rename(tmp_path / "happy/1.JPG")
    assert np.array_equal(read(tmp_path)[0], fakes.faces(1))


def test_each_bad_picture_is_refused_with_its_reason(tmp_path):
    root = tmp_path / "data"
    good = fakes.write_picture(root, "happy/good.png", fakes.faces(1)[0])
    secret = fakes.write_picture(tmp_path, "secret.png", fakes.faces(1)[0])
    (root / "happy/empty.jpg").write_bytes(b"")
    (root / "happy/page.jpg").write_bytes(b"<html>log in</html>")
    (root / "happy/cut.png").write_bytes(good.read_bytes()[:-100])
    (root / "happy/link.png").symlink_to(secret)
    (root / "happy/large.png").write_bytes(cv2.imencode(".png", np.zeros((6000, 6000), np.uint8))[1].tobytes())
    fakes.write_picture(root, "confused/1.png", fakes.faces(1)[0])
    fakes.write_picture(root, "train/1.png", fakes.faces(1)[0])
    _, rows, refusals, _ = read(root)
    assert [row.source for row in rows] == ["happy/good.png"]
    assert {refusal.where: refusal.reason for refusal in refusals} == {
        "happy/empty.jpg": Reason.EMPTY_FILE,
        "happy/page.jpg": Reason.UNDECODABLE,
        "happy/cut.png": Reason.UNDECODABLE,
        "happy/link.png": Reason.BAD_PATH,
        "happy/large.png": Reason.TOO_LARGE,
        "confused/1.png": Reason.LABEL_OUT_OF_RANGE,
        "train/1.png": Reason.UNLABELED,
    }


def test_a_picture_that_went_away_is_refused(tmp_path):
    path = fakes.write_picture(tmp_path, "happy/1.png", fakes.faces(1)[0])
    reader = FolderReader(tmp_path, "fer2013", Preparation())
    shards = list(reader.shards())
    path.unlink()
    (batch,) = map(reader.read, shards)
    assert batch.refusals[0].reason is Reason.MISSING_FILE


def test_pictures_are_cut_into_shards_in_the_order_of_their_names(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SHARD_ROWS", 40)
    for number, face in enumerate(fakes.faces(100)):
        fakes.write_picture(tmp_path, f"happy/{number}.png", face)
    reader = FolderReader(tmp_path, "fer2013", Preparation())
    shards = list(reader.shards())
    assert [shard.rows for shard in shards] == [40, 40, 20]
    assert shards[0].name == "happy/0.png ... happy/44.png"
    assert [row.sample_id for row in read(tmp_path)[1]] == sorted(f"happy/{number}.png" for number in range(100))


def test_bytes_of_the_files_are_summed_by_usage(tmp_path):
    sizes = {
        name: fakes.write_picture(tmp_path, name, fakes.faces(1)[0]).stat().st_size
        for name in ("train/sad/1.png", "test/sad/1.png", "test/sad/2.png")
    }
    reader = FolderReader(tmp_path, "fer2013", Preparation())
    (batch,) = map(reader.read, reader.shards())
    assert batch.file_bytes == {"Training": sizes["train/sad/1.png"], "PrivateTest": 2 * sizes["test/sad/1.png"]}


def test_faces_in_colour_are_kept_in_colour_on_request(tmp_path):
    picture = fakes.faces(3, size=48).transpose(1, 2, 0)
    fakes.write_picture(tmp_path, "sad/1.png", picture)
    reader = FolderReader(tmp_path, "fer2013", Preparation(color="rgb"))
    (batch,) = map(reader.read, reader.shards())
    assert np.array_equal(batch.images[0], picture[..., ::-1])
    assert batch.colour == 0
