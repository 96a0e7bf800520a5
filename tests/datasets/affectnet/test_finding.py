"""Which format is this? It is said with the evidence, and never guessed between two."""

import shutil

import pytest

from mien.datasets.__main__ import main
from mien.datasets.detect import detect
from mien.errors import DataError
from mien.params import IngestParams
from tests.datasets import fakes

EVIDENCE = {
    "affectnet": (
        "affectnet_csv",
        "training.csv: 11 of its first 11 pictures are in Manually_Annotated_Images/; ",
    ),
    "affectnet_automatic": ("affectnet_csv", "22 of its first 22 pictures are in Automatically_Annotated_Images/"),
    "affectnet_npy": (
        "affectnet_npy",
        "AffectNet's crops of 2021: pictures in images/ with .npy files in annotations/ (train_set 14, val_set 8)",
    ),
    "affectnet_plus": (
        "affectnet_plus",
        "AffectNet+: pictures in images/ with .json files in annotations/ (AffectNet+/human_annotated/train_set 11",
    ),
    "labels_csv": ("labels_csv", "AffectNet repackaged: columns pth and label, and 22 pictures"),
    "folder": ("folder", "; names of the label space affectnet"),
    "yolo": (
        "yolo",
        "AffectNet in YOLO's format: names of classes, and pictures beside files of labels (YOLO_",
    ),
}


@pytest.mark.parametrize("name", EVIDENCE)
def test_each_format_is_recognised_with_its_evidence(drawn, name):
    found = detect(drawn(name))
    kind, evidence = EVIDENCE[name]
    assert found.chosen.kind == kind
    assert evidence in found.chosen.evidence
    assert (found.others, len(found.candidates)) == ((), 1)


@pytest.mark.parametrize("name", EVIDENCE)
def test_each_format_can_be_asked_for_by_its_name(drawn, name):
    found = detect(drawn(name), EVIDENCE[name][0].removesuffix("_csv") if name != "labels_csv" else name)
    assert found.chosen == detect(drawn(name)).chosen
    IngestParams(source=found.chosen.reader)


def together(drawn, folder, *names):
    for name in names:
        shutil.copytree(drawn(name), folder, dirs_exist_ok=True)
    return folder


def test_two_formats_are_an_error_that_names_both(drawn, tmp_path):
    root = together(drawn, tmp_path / "data", "affectnet", "affectnet_npy", "yolo")
    with pytest.raises(DataError) as caught:
        detect(root)
    message = str(caught.value)
    assert "data/: 3 data sets, and nothing says which is meant. Keep one, or set ingest.source to" in message
    assert "affectnet or affectnet_npy or yolo:" in message
    assert "\n  - data/: affectnet_csv, AffectNet's original distribution: Manually_" in message
    assert "\n  - YOLO_format/data.yaml: yolo, AffectNet in YOLO's format" in message


def test_the_source_decides_and_the_others_are_named(drawn, tmp_path):
    root = together(drawn, tmp_path / "data", "affectnet", "affectnet_npy")
    found = detect(root, "affectnet_npy")
    assert found.chosen.kind == "affectnet_npy"
    assert found.others == (
        "22 pictures in other folders",
        f"{detect(root, 'affectnet').chosen}; not read, as ingest.source is affectnet_npy",
    )


def test_a_format_that_is_not_there_is_an_error(drawn):
    with pytest.raises(DataError, match="no data set found for ingest.source yolo"):
        detect(drawn("affectnet_npy"), "yolo")


def test_folders_of_labels_csv_can_be_read_as_class_folders_by_who_says_so(drawn):
    assert detect(drawn("labels_csv"), "folder").chosen.kind == "folder"


def test_numbered_folders_of_pictures_are_class_folders_where_no_list_names_them(drawn, tmp_path):
    root = together(drawn, tmp_path / "data", "affectnet")
    shutil.rmtree(root / "Manually_Annotated_file_lists")
    assert detect(root).chosen.kind == "folder"


def test_lists_without_pictures_do_not_hide_another_data_set(drawn, tmp_path):
    root = together(drawn, tmp_path / "data", "affectnet")
    shutil.rmtree(root / "Manually_Annotated_Images")
    fakes.write_csv(root / "fer2013.csv", fakes.lines(fakes.faces(3)))
    assert detect(root, "fer2013").chosen.name == "fer2013.csv"
    with pytest.raises(
        DataError,
        match=r"(?s)2 data sets.*affectnet_csv, AffectNet's .*: lists of pictures \(.*none of its first 11 pictures",
    ):
        detect(root)


def test_json_and_arrays_of_others_are_not_taken_for_affectnet(tmp_path):
    for name in ("images/1.jpg", "images/2.jpg"):
        fakes.write_picture(tmp_path, name, fakes.faces(1)[0])
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations/instances.json").write_text('{"images": [], "annotations": []}')
    with pytest.raises(DataError, match="no data set found"):
        detect(tmp_path)


def test_the_question_which_format_is_answered_without_ingest(drawn, capsys):
    assert main([str(drawn("affectnet_automatic"))]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "affectnet_csv, AffectNet's original distribution: " in said[0]
    assert said[1] == "about 23 rows; ingest.source: affectnet reads it, and so does auto"
    assert "remark: no validation.csv, so no official test set; split.by: stratified draws one" in said


def test_digits_are_no_answer(drawn, tmp_path, capsys):
    fakes.write_picture(tmp_path, "0/1.png", fakes.faces(1)[0])
    assert main([str(tmp_path)]) == 1
    assert "digits mean other emotions in each data set" in capsys.readouterr().err
    assert "digits, of which only ingest.label_space can say" in detect(tmp_path).chosen.evidence


ARCHIVES = {
    "part01.rar": (b"Rar!\x1a\x07\x01\x00", "a RAR archive or one of its parts; unpack all of them"),
    "train_set.tar": (b"train_set/".ljust(257, b"\0") + b"ustar\x0000", "a tar archive; unpack it"),
    "train.parquet": (b"PAR1\x15\x04", "a Parquet file, which is not read; write its pictures into folders"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_what_has_not_been_unpacked_is_named_with_what_to_do(tmp_path, name):
    content, what = ARCHIVES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name}: {what}"):
        detect(tmp_path)
