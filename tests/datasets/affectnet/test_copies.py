"""What others made of AffectNet: labels.csv, class folders, and the format of YOLO."""

import shutil

import pytest

from mien.errors import DataError
from mien.reasons import Reason
from tests.datasets.affectnet import reading
from tests.datasets.affectnet.reading import FACES, read, watched


@pytest.fixture
def listed(drawn, tmp_path):
    return reading.copy(drawn("labels_csv"), tmp_path)


@pytest.fixture
def folders(drawn, tmp_path):
    return reading.copy(drawn("folder"), tmp_path)


@pytest.fixture
def yolo(drawn, tmp_path):
    return reading.copy(drawn("yolo"), tmp_path)


def rewrite(data, change, name="labels.csv"):
    path = data / name
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(change(lines)))


def with_row(line):
    """labels.csv with another second row."""
    return lambda lines: [*lines[:2], line, *lines[3:]]


def test_labels_csv_is_read_as_training_alone(listed):
    found = read(listed, FACES)
    assert {(row.usage, row.label_space) for row in found.rows} == {("Training", "affectnet")}
    assert all(row.source.startswith("anger/") == (row.label == "angry") for row in found.rows)
    assert "set split.by: stratified" in found.reader.remarks()[0]


def test_the_file_counts_where_it_disagrees_with_the_folder(listed):
    rewrite(listed, lambda lines: [lines[0], lines[1].replace(lines[1].split(b",")[2] + b",", b"Fear,"), *lines[2:]])
    found = read(listed, FACES)
    assert found.rows[0].label == "fear"
    assert found.reader.remarks()[1:] == [
        "labels.csv: 1 labels are not the name of the picture's folder; the file's were read"
    ]


def test_columns_may_stand_anywhere_and_in_quotes(listed):
    rewrite(
        listed,
        lambda lines: (
            [b"label,Pth"] + [b",".join(b'"%s"' % cell for cell in line.split(b",")[2:0:-1]) for line in lines[1:-1]]
        ),
    )
    assert len(read(listed, FACES).rows) == FACES


LISTED = {
    "a field too few": (b"1,anger/image0000001.jpg,anger", Reason.BAD_ROW),
    "no label": (b"1,anger/image0000001.jpg,,0.5", Reason.UNLABELED),
    "a label that AffectNet does not have": (b"1,anger/image0000001.jpg,bored,0.5", Reason.LABEL_OUT_OF_RANGE),
    "a code": (b"1,anger/image0000001.jpg,0,0.5", Reason.LABEL_OUT_OF_RANGE),
    "a path upwards": (b"1,../../etc/passwd,anger,0.5", Reason.BAD_PATH),
    "an absolute path": (b"1,/etc/passwd,anger,0.5", Reason.BAD_PATH),
    "a backslash": (b"1,anger\\image0000001.jpg,anger,0.5", Reason.BAD_PATH),
    "NUL": (b"1,anger/\0.jpg,anger,0.5", Reason.BAD_PATH),
    "no path": (b"1,,anger,0.5", Reason.BAD_PATH),
    "no UTF-8": (b"1,anger/\xff.jpg,anger,0.5", Reason.BAD_ROW),
    "a quote that is not closed": (b'1,"anger/1.jpg,anger,0.5', Reason.BAD_ROW),
    "a picture that is not there": (b"1,anger/none.jpg,anger,0.5", Reason.MISSING_FILE),
    "itself": (b"1,labels.csv,anger,0.5", Reason.UNDECODABLE),
}


@pytest.mark.parametrize("name", LISTED)
def test_a_bad_row_of_labels_csv_is_refused_with_its_reason(listed, name):
    line, reason = LISTED[name]
    rewrite(listed, with_row(line))
    (listed.parent / "etc").mkdir()
    (listed.parent / "etc/passwd").write_bytes(b"x")
    with watched(listed.parent / "etc"):
        assert read(listed, FACES).reasons == {"labels.csv:3": reason}


def test_a_label_of_60_000_letters_is_not_kept_whole(listed):
    rewrite(listed, with_row(b"1,anger/image0000001.jpg," + b"x" * 60_000 + b",0.5"))
    (refusal,) = read(listed, FACES).refusals
    assert refusal.reason is Reason.LABEL_OUT_OF_RANGE
    assert len(refusal.detail) < 200


def test_labels_csv_may_lie_in_a_folder_with_its_pictures(listed):
    listed.rename(listed.parent / "inner")
    listed.mkdir()
    (listed.parent / "inner").rename(listed / "affectnet")
    assert read(listed, FACES).rows[0].source.startswith("affectnet/")


def test_class_folders_of_any_case_are_read_with_contempt(folders):
    found = read(folders, FACES)
    assert {row.label_space for row in found.rows} == {"affectnet"}
    assert {row.label for row in found.rows if row.usage == "Training"} >= {"angry", "contempt"}
    assert {row.source.split("/")[1][:1].isupper() for row in found.rows if row.usage == "Training"} == {True}
    assert {row.source.split("/")[1][:1].isupper() for row in found.rows if row.usage == "PrivateTest"} == {False}


def test_class_folders_named_by_digits_need_a_label_space(folders):
    for number, path in enumerate(sorted((folders / "Train").iterdir())):
        path.rename(path.with_name(str(number)))
    with pytest.raises(DataError, match=r"class folders 0, 1, .*: digits mean other emotions .* fer2013, affectnet"):
        read(folders, FACES)
    assert (
        read(folders, FACES, label_space="affectnet")
        .row("Train/0/" + sorted((folders / "Train/0").iterdir())[0].name)
        .label
        == "neutral"
    )


BASE = "YOLO_format"


def label_file(data, at=0, half="train"):
    """A label file and the name of its picture."""
    path = sorted((data / BASE / half / "labels").iterdir())[at]
    (picture,) = (data / BASE / half / "images").glob(f"{path.stem}.*")
    return path, picture.relative_to(data).as_posix()


def test_yolos_numbers_go_by_the_names_in_its_file(yolo):
    found = read(yolo, FACES)
    path, picture = label_file(yolo)
    names = ["angry", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
    assert found.row(picture).label == names[int(path.read_text().split()[0])]
    assert {row.usage for row in found.rows} == {"Training", "PublicTest", "PrivateTest"}
    assert {row.source.rpartition(".")[2] for row in found.rows} == {"jpg", "png"}


def test_without_names_the_numbers_mean_nothing(yolo):
    (yolo / BASE / "data.yaml").write_text("names:\n")
    with pytest.raises(DataError, match="no list `names`, and the numbers of the classes mean nothing without it"):
        read(yolo, FACES)


def test_a_data_yaml_that_is_too_large_is_named(yolo):
    with (yolo / BASE / "data.yaml").open("ab") as file:
        file.write(b"#" * 70_000)
    with pytest.raises(DataError, match=r"YOLO_format/data.yaml: 70,\d+ bytes; at most 65,536"):
        read(yolo, FACES)


@pytest.mark.parametrize("sign", ' !"')
def test_a_name_that_goes_on_behind_another_comes_in_its_place(yolo, sign):
    path, picture = label_file(yolo)
    copy = f"{picture}{sign}copy.png"
    shutil.copy(yolo / picture, yolo / copy)
    shutil.copy(path, path.with_name(f"{copy.rpartition('/')[2].removesuffix('.png')}.txt"))
    assert read(yolo, FACES + 1).row(f"{copy}#001").source == copy


def test_every_face_that_is_marked_is_a_row(yolo):
    path, picture = label_file(yolo)
    path.write_text("4 0.25 0.5 0.5 1.0\n\n5 0.75 0.5 0.5 1.0\n")
    found = read(yolo, FACES + 1)
    both = [row for row in found.rows if row.source == picture]
    assert [(row.sample_id, row.label, row.box_x, row.box_width) for row in both] == [
        (f"{picture}#001", "happy", 0, 48),
        (f"{picture}#002", "neutral", 48, 48),
    ]


MARKS = {
    "empty": ("", "", Reason.UNLABELED),
    "blank": (" \n\n", "", Reason.UNLABELED),
    "polygons": ("4 0.1 0.1 0.2 0.2 0.3 0.3\n", ":1", Reason.BAD_ROW),
    "a class without a name": ("8 0.5 0.5 1 1\n", ":1", Reason.LABEL_OUT_OF_RANGE),
    "a box in pixels": ("4 48 48 96 96\n", ":1", Reason.BAD_ROW),
    "a box of no size": ("4 0.5 0.5 0 0\n", ":1", Reason.BBOX_OUT),
    "more faces than a photograph has": ("4 0.5 0.5 1 1\n" * 101, "", Reason.BAD_ROW),
    "too large a file": (" " * (1 << 17), "", Reason.UNLABELED),
}


@pytest.mark.parametrize("name", MARKS)
def test_a_bad_label_file_is_refused_with_its_reason(yolo, name):
    content, line, reason = MARKS[name]
    path, picture = label_file(yolo)
    path.write_text(content)
    assert read(yolo, FACES).reasons == {picture + line: reason}


def test_a_missing_label_file_and_a_linked_one_are_refused(yolo):
    (missing, first), (linked, second) = label_file(yolo, 0), label_file(yolo, 1)
    missing.unlink()
    secret = linked.rename(yolo.parent / "secret.txt")
    linked.symlink_to(secret)
    with watched(secret):
        assert read(yolo, FACES).reasons == {first: Reason.UNLABELED, second: Reason.UNLABELED}


def test_all_faces_of_a_bad_picture_are_refused(yolo):
    path, picture = label_file(yolo)
    path.write_text("4 0.5 0.5 1 1\n" * 3)
    (yolo / picture).write_bytes(b"")
    assert read(yolo, FACES + 2).reasons == {f"{picture}:{line}": Reason.EMPTY_FILE for line in (1, 2, 3)}
