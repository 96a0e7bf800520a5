import json
import re

import pytest

from mien.comparison import ALL, CLEAN, NONE, TWINS, Result, collect
from mien.params import Preparation

SIDE = {"accuracy": 0.6, "accuracy_interval": {"low": 0.5, "high": 0.7}, "macro_f1": 0.55, "ece": 0.04, "n": 100}
TEST_FACES = {f"{what}_in_{side}": 0 for what in ("test", "twins", "near") for side in ("training", "validation")}
PROTOCOL = {"sound": True, "statement": "", **TEST_FACES}

FINGERPRINT = {
    "accepted": 3000,
    "usages": {"PrivateTest": {"rows": 800}, "Training": {"rows": 2200}},
    "source": {"kind": "fer2013_csv", "files": [{"name": "faces.csv.gz"}], "pictures": {"files": 0}},
    "licence": "The faces in this folder are drawn\nby a program. They depict no person.",
}


@pytest.fixture
def build(tmp_path):
    contents = {
        "evaluate/metrics.json": {
            "official": SIDE,
            "clean": {**SIDE, "accuracy": 0.58, "n": 90},
            "test_usage": "Both",
            "protocol": PROTOCOL,
        },
        "train/summary.json": {
            "metrics": {"parameters": 33418.0, "epochs": 4.0, "seconds": 10.0, "images_per_second": 250.5}
        },
        "augment/summary.json": {"metrics": {"originals": 800, "copies": 1600}},
        "split/classes.json": ["angry", "happy", "sad"],
        "ingest/fingerprint.json": FINGERPRINT,
    }
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content))
    Preparation().write(tmp_path / "ingest")
    return tmp_path


def test_the_figures_of_all_stages_become_those_of_a_result(build):
    result = Result("blog_cnn", "sound", **collect(build))
    assert (result.official, result.official_low, result.official_high, result.test_rows) == (0.6, 0.5, 0.7, 100)
    assert (result.clean, result.clean_rows, result.usage, result.classes) == (0.58, 90, "Both", 3)
    assert (result.parameters, result.epochs, result.seconds_per_epoch, result.train_rows) == (33418, 4, 2.5, 800)


def test_a_side_without_rows_leaves_its_accuracy_unknown(build):
    path = build / "evaluate" / "metrics.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "clean": {"n": 0}}))
    result = Result("blog_cnn", "sound", **collect(build))
    assert (result.clean, result.clean_low, result.clean_rows) == (None, None, 0)


@pytest.mark.parametrize(
    ("protocol", "believable"),
    [
        ({}, ALL),
        ({"sound": False, "twins_in_training": 3}, CLEAN),
        ({"sound": False, "twins_in_validation": 3}, TWINS),
        ({"sound": False, "near_in_validation": 3}, TWINS),
        ({"sound": False, "twins_in_training": 3, "near_in_training": 3}, TWINS),
        ({"sound": False, "twins_in_training": 3, "twins_in_validation": 3}, TWINS),
        ({"sound": False, "test_in_training": 3}, NONE),
        ({"sound": False, "test_in_validation": 3}, NONE),
    ],
)
def test_what_can_be_believed_follows_from_which_test_faces_taught_or_chose(build, protocol, believable):
    path = build / "evaluate" / "metrics.json"
    metrics = {**json.loads(path.read_text()), "protocol": {**PROTOCOL, **protocol, "statement": "it is so"}}
    path.write_text(json.dumps(metrics))
    result = Result("blog_cnn", "seed", **collect(build))
    assert (result.believable, result.fault) == (believable, "it is so")


def test_the_faces_are_named_so_that_other_ones_cannot_be_taken_for_them(build):
    data = collect(build)["data"]
    assert re.fullmatch(
        r"faces\.csv\.gz \(fer2013_csv\), 3,000 faces \(Training 2,200, PrivateTest 800\), fingerprint [0-9a-f]{8}\. "
        r"The faces in this folder are drawn by a program\.",
        data,
    )
    path = build / "ingest" / "fingerprint.json"
    path.write_text(json.dumps({**FINGERPRINT, "licence": None, "mean": 3}))
    other = collect(build)["data"]
    assert other.endswith(".")
    assert "drawn" not in other
    assert data.partition("fingerprint")[2][:9] != other.partition("fingerprint")[2][:9]


def test_faces_that_were_not_prepared_as_fer2013_is_are_called_that(build):
    Preparation(96, "rgb").write(build / "ingest")
    assert "3,000 faces of 96 x 96 pixels, in colour (Training 2,200" in collect(build)["data"]


def test_a_folder_of_pictures_is_named_by_how_many_there_are(build):
    source = {"kind": "fer_folder", "files": [], "pictures": {"files": 3001}}
    (build / "ingest" / "fingerprint.json").write_text(json.dumps({**FINGERPRINT, "source": source}))
    assert collect(build)["data"].startswith("3,001 pictures (fer_folder), 3,000 faces (")
