"""The drawn AffectNet: deterministic, its labels, boxes and landmarks true, its files those of each distribution."""

import json

import cv2
import numpy as np
import pytest

from mien.datasets.synthetic import __main__
from mien.datasets.synthetic.affectnet import FORMATS
from mien.datasets.synthetic.affectnet.expressions import affect
from mien.datasets.synthetic.affectnet.sample import FEWEST_FACES, plan, samples
from mien.datasets.synthetic.affectnet.scene import draw_scene, face_of
from mien.labels import AFFECTNET
from tests.datasets.affectnet.reading import FACES
from tests.datasets.conftest import SEED


def generator(*seed):
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))


def files(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_same_seed_gives_the_same_files(drawn, tmp_path):
    FORMATS["affectnet_plus"](tmp_path / "again", FACES, SEED)
    assert files(tmp_path / "again") == files(drawn("affectnet_plus"))


def test_another_seed_gives_other_faces():
    one, other = (next(samples(FEWEST_FACES, seed)) for seed in (1, 2))
    assert one.name != other.name
    assert one.scene.picture.tobytes() != other.scene.picture.tobytes()


def test_every_code_is_drawn_and_validation_is_balanced():
    codes = {"training": [], "validation": []}
    for part, _, code in plan(60, seed=1):
        codes[part].append(code)
    assert set(codes["training"]) == set(range(11))
    assert sorted(codes["validation"]) == list(range(11))
    assert len(codes["training"]) + len(codes["validation"]) == 60


def test_too_few_faces_are_refused_with_the_number_that_is_needed():
    with pytest.raises(ValueError, match=str(FEWEST_FACES)):
        plan(FEWEST_FACES - 1, seed=1)


def test_boxes_hold_the_face_and_some_reach_over_the_edge():
    over = 0
    for at in range(12):
        scene = draw_scene("neutral", 1.0, generator(7, at))
        x, y, width, height = scene.box
        points = scene.landmarks - (x, y)
        assert ((points > -0.1 * width) & (points < 1.1 * width)).all()
        assert width == height > 50
        over += x < 0 or y < 0 or x + width > scene.picture.shape[1] or y + height > scene.picture.shape[0]
    assert 1 <= over <= 9


def test_landmarks_are_in_the_order_of_ibug():
    points = draw_scene("neutral", 1.0, generator(8)).landmarks
    assert points.shape == (68, 2)
    left_eye, right_eye = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    assert left_eye[0] < points[30, 0] < right_eye[0]
    assert points[48, 0] < points[30, 0] < points[54, 0]
    assert points[:, 1].argmax() in (7, 8, 9)
    assert points[19, 1] < left_eye[1] < points[30, 1] < points[51, 1] < points[57, 1] < points[8, 1]
    assert (np.diff(points[17:27, 0]) > 0).all()


def mouth(label, at):
    """Height of the mouth's opening and how far its corners hang, as shares of the face's height; and its slant."""
    points = draw_scene(label, 1.0, generator(10, at)).landmarks
    high = points[8, 1] - points[27, 1]
    hanging = (points[[48, 54], 1].mean() - points[51:58:6, 1].mean()) / high
    return (points[66, 1] - points[62, 1]) / high, hanging, abs(points[48, 1] - points[54, 1]) / high


def test_faces_show_what_their_labels_say():
    shown = {label: np.mean([mouth(label, at) for at in range(6)], axis=0)
             for label in ("neutral", "happy", "sad", "surprise", "contempt", "none")}  # fmt: skip
    opening, hanging, slant = ({label: each[at] for label, each in shown.items()} for at in range(3))
    assert hanging["happy"] < hanging["neutral"] < hanging["sad"]
    assert min(opening["surprise"], opening["none"]) > 2 * opening["neutral"]
    assert slant["contempt"] > 1.5 * slant["neutral"]


def test_an_eye_is_dark_where_its_landmarks_are():
    darker = []
    for at in range(8):
        scene = face_of(draw_scene("surprise", 1.0, generator(9, at)), 96)
        gray = cv2.cvtColor(scene.picture, cv2.COLOR_RGB2GRAY)
        x, y = (int(value) for value in scene.landmarks[36:42].mean(axis=0).round())
        darker.append(gray[y - 3 : y + 4, x - 3 : x + 4].min() < gray.mean() / 2)
    assert sum(darker) >= 7


def test_valence_and_arousal_go_with_the_label():
    of = {label: affect(code, 0.7) for code, label in AFFECTNET.codes.items()}
    assert of["uncertain"] == of["no-face"] == (-2.0, -2.0)
    assert of["neutral"] == (0.0, 0.0)
    assert of["happy"][0] > 0.5
    assert of["sad"][0] < -0.5
    assert of["fear"][1] > 0.5
    assert affect(1, 1.0)[0] > of["happy"][0]


FILES = {
    "affectnet": {"Manually_Annotated_file_lists/validation.csv": 1, "Manually_Annotated_Images/*/*": 22},
    "affectnet_automatic": {"Automatically_annotated_file_list/*.csv": 1, "Automatically_Annotated_Images/*/*": 22},
    "affectnet_npy": {"train_set/images/*.jpg": 14, "val_set/images/*.jpg": 8, "*_set/annotations/*_exp.npy": 22},
    "affectnet_plus": {"AffectNet+/human_annotated/*/images/*.jpg": 22, "*/*/*/annotations/*.json": 22},
    "labels_csv": {"labels.csv": 1, "*/image*.jpg": 22},
    "folder": {"Train/Happy/*.jpg": 4, "Test/happy/*.jpg": 1, "*/*/*.jpg": 22},
    "yolo": {"YOLO_format/*/images/*": 22, "YOLO_format/*/labels/*.txt": 22, "YOLO_format/data.yaml": 1},
}


@pytest.mark.parametrize("name", FILES)
def test_each_format_has_its_files(drawn, name):
    root = drawn(name)
    assert {pattern: len(list(root.glob(pattern))) for pattern in FILES[name]} == FILES[name]


def test_the_command_writes_a_folder_and_says_so(tmp_path, capsys):
    __main__.main([str(tmp_path / "set"), "--format", "yolo", "--rows", str(FEWEST_FACES), "--seed", "4"])
    assert "20 faces in the format yolo" in capsys.readouterr().out
    assert (tmp_path / "set/YOLO_format/data.yaml").exists()


def test_a_folder_that_is_there_is_not_written_over(tmp_path, capsys):
    with pytest.raises(SystemExit):
        __main__.main([str(tmp_path), "--format", "yolo"])
    assert "exists; give the path of a new folder" in capsys.readouterr().err


def test_endings_lie(drawn):
    root = drawn("affectnet") / "Manually_Annotated_Images"
    heads = {path.suffix: path.read_bytes()[:4] for path in sorted(root.rglob("*.*"))}
    assert heads[".jpeg"] == b"\x89PNG"
    assert {".jpg", ".JPG", ".png", ".PNG", ".bmp", ".tif"} <= set(heads)


def test_scalars_of_the_crops_are_arrays_of_text(drawn):
    label = np.load(drawn("affectnet_npy") / "train_set/annotations/0_exp.npy")
    assert (label.shape, label.dtype.kind) == ((), "U")


def test_what_must_not_be_ingested_is_there_without_a_value(drawn):
    path = drawn("affectnet_plus") / "AffectNet+/human_annotated/train_set/annotations/0.json"
    assert json.loads(path.read_text())["meta-data"]["age"] is None
