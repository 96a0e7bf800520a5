"""The original distribution: its traps as they are known from genuine copies, and what strangers could put in."""

import os
import pickle
import shutil
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from mien.errors import DataError
from mien.images import to_gray
from mien.reasons import Reason
from tests.datasets.affectnet import reading
from tests.datasets.affectnet.reading import FACES, read, watched

LISTS = "Manually_Annotated_file_lists"
TRAINING, VALIDATION = f"{LISTS}/training.csv", f"{LISTS}/validation.csv"
IMAGES = "Manually_Annotated_Images"


@pytest.fixture
def data(drawn, tmp_path):
    return reading.copy(drawn("affectnet"), tmp_path)


def lines(data, name=TRAINING):
    return (data / name).read_bytes().split(b"\n")[:-1]


def write(data, rows, name=TRAINING, end=b"\n"):
    (data / name).write_bytes(b"".join(row + end for row in rows))


def change(data, row, **columns):
    """Write other values into one row of training.csv; give the path of its picture."""
    rows = lines(data)
    names = rows[0].decode().split(",")
    fields = rows[1 + row].split(b",")
    path = fields[0].decode()
    for name, value in columns.items():
        fields[names.index(name)] = value
    rows[1 + row] = b",".join(fields)
    write(data, rows)
    return path


def test_every_row_is_read_with_all_that_it_says(data):
    found = read(data, FACES)
    table = pd.read_csv(data / TRAINING)
    training = [row for row in found.rows if row.usage == "Training"]
    assert [row.code for row in training] == table["expression"].tolist()
    assert [row.source for row in training] == [f"{IMAGES}/{name}" for name in table["subDirectory_filePath"]]
    assert [row[-4:] for row in training] == list(table.iloc[:, 1:5].itertuples(index=False, name=None))
    known = table["expression"] < 9
    assert np.allclose([row.valence for row in training], table["valence"].where(known), equal_nan=True)
    assert found.landmarks.shape == (FACES, 68, 2)
    assert found.landmarks[0].ravel().tolist() == pytest.approx(
        [float(number) for number in table["facial_landmarks"][0].split(";")]
    )
    assert {row.label_space for row in found.rows} == {"affectnet"}


def test_validation_is_the_set_to_judge_on(data):
    usages = [row.usage for row in read(data, FACES).rows]
    assert (usages.count("Training"), usages.count("PublicTest")) == (11, 11)


def test_the_face_is_cut_out(data):
    found = read(data, FACES, image_size=32)
    row = found.rows[0]
    picture = to_gray(cv2.imread(str(data / row.source), cv2.IMREAD_COLOR_RGB))
    x, y = max(row.box_x, 0), max(row.box_y, 0)
    face = picture[y : row.box_y + row.box_height, x : row.box_x + row.box_width]
    assert np.abs(found.images[0].astype(int) - cv2.resize(face, (32, 32), interpolation=cv2.INTER_AREA)).max() <= 4
    assert (row.height, row.width) == picture.shape


def test_colour_and_margin_follow_the_settings(data):
    found = read(data, FACES, color="rgb", crop_margin=0.2, align=True)
    assert found.images.shape == (FACES, 48, 48, 3)
    assert (found.images[..., 0] != found.images[..., 2]).any()


def test_a_validation_csv_without_a_header_loses_no_row(data):
    assert not lines(data, VALIDATION)[0].startswith(b"subDirectory")
    assert len(read(data, FACES).rows) == FACES


def test_a_validation_csv_with_a_header_gains_none(data):
    write(data, [lines(data)[0], *lines(data, VALIDATION)], VALIDATION)
    assert len(read(data, FACES).rows) == FACES


@pytest.mark.parametrize("end", [b"\r\n", b"\n\n"])
def test_ends_of_lines_and_a_mark_at_the_start_do_not_matter(data, end):
    write(data, lines(data), end=end)
    write(
        data, [b"\xef\xbb\xbf" + row for row in lines(data, VALIDATION)[:1]] + lines(data, VALIDATION)[1:], VALIDATION
    )
    assert len(read(data, FACES).rows) == FACES


def test_a_packed_list_is_read_as_it_is(data):
    import gzip

    (data / f"{TRAINING}.gz").write_bytes(gzip.compress((data / TRAINING).read_bytes()))
    (data / TRAINING).unlink()
    assert len(read(data, FACES).rows) == FACES


def test_columns_in_another_order_are_an_error_and_no_guess(data):
    rows = lines(data)
    write(data, [rows[0].replace(b"valence,arousal", b"arousal,valence"), *rows[1:]])
    with pytest.raises(DataError, match=r"training.csv:1: the columns must be"):
        read(data, FACES)


def test_a_header_below_a_blank_line_is_one(data):
    rows = lines(data)
    write(data, [b"", *rows])
    assert len(read(data, FACES).rows) == FACES
    write(data, [b"", rows[0].replace(b"valence,arousal", b"arousal,valence"), *rows[1:]])
    with pytest.raises(DataError, match=r"training.csv:2: the columns must be"):
        read(data, FACES)


TREES = {
    "doubled": lambda data: shutil.move(data / IMAGES, data / "Manually_Annotated" / IMAGES),
    "twice doubled": lambda data: shutil.move(data / IMAGES, data / IMAGES / IMAGES / "Manually_Annotated"),
    "compressed": lambda data: (data / IMAGES).rename(data / "Manually_Annotated_compressed"),
    "beside the lists": lambda data: [shutil.move(path, data / LISTS) for path in sorted((data / IMAGES).iterdir())],
    "in data itself": lambda data: [shutil.move(path, data) for path in sorted((data / IMAGES).iterdir())],
    "lists doubled and in capitals": lambda data: (
        shutil.move(data / LISTS, data / "X" / LISTS),
        (data / "X" / LISTS / "training.csv").rename(data / "X" / LISTS / "Training.CSV"),
    ),
}


@pytest.mark.parametrize("tree", TREES)
def test_pictures_are_found_wherever_they_were_unpacked(data, tree):
    if tree == "twice doubled":
        shutil.move(data / IMAGES, data / "aside")
        shutil.move(data / "aside", data / IMAGES / IMAGES)
    else:
        TREES[tree](data)
    found = read(data, FACES)
    assert len(found.rows) == FACES
    assert f"{len(lines(data, TRAINING)) - 1 if (data / TRAINING).exists() else 11}" in found.found.chosen.evidence


@pytest.mark.parametrize("folder", ["flat", IMAGES, ""])
def test_a_flat_folder_as_unrar_e_makes_it_is_read(data, folder):
    flat = data / "aside"
    flat.mkdir()
    for path in (data / IMAGES).rglob("*.*"):
        shutil.move(path, flat)
    shutil.rmtree(data / IMAGES)
    flat.rename(data / (folder or "one"))
    assert len(read(data, FACES).rows) == FACES


def test_litter_in_the_folders_is_passed_over(data):
    for name in (f"{IMAGES}/1/Thumbs.db", f"{IMAGES}/2/._x.jpg", f"{LISTS}/.DS_Store"):
        (data / name).write_bytes(b"x")
    found = read(data, FACES)
    assert (len(found.rows), found.found.others) == (FACES, ())


def test_without_pictures_the_error_says_what_was_looked_for(data):
    shutil.rmtree(data / IMAGES)
    with pytest.raises(
        DataError,
        match=r"training.csv: none of its first 11 pictures is below data/, for example 1/[0-9a-f]+.jpg. Unpack",
    ):
        read(data, FACES)


ROWS = {
    "the one bad record": ({"expression": b"Neutral"}, Reason.BAD_ROW),
    "no expression": ({"expression": b""}, Reason.UNLABELED),
    "an expression that AffectNet does not have": ({"expression": b"11"}, Reason.LABEL_OUT_OF_RANGE),
    "a float label": ({"expression": b"3.0"}, Reason.BAD_ROW),
    "landmarks with 135 numbers": ({"facial_landmarks": b";".join([b"1.00"] * 135)}, Reason.BAD_ROW),
    "a valence beyond one": ({"valence": b"1.2"}, Reason.BAD_ROW),
    "a box of negative width": ({"face_width": b"-1"}, Reason.BBOX_OUT),
    "a box outside the picture": ({"face_x": b"5000"}, Reason.BBOX_OUT),
    "a box of which 7 pixels are inside": ({"face_x": b"-93", "face_width": b"100"}, Reason.BBOX_OUT),
    "a path upwards": ({"subDirectory_filePath": b"../../../etc/passwd"}, Reason.BAD_PATH),
    "an absolute path": ({"subDirectory_filePath": b"/etc/passwd"}, Reason.BAD_PATH),
    "a backslash": ({"subDirectory_filePath": b"1\\0123.jpg"}, Reason.BAD_PATH),
    "NUL": ({"subDirectory_filePath": b"1/0123\x00.jpg"}, Reason.BAD_PATH),
    "a picture that is not there": ({"subDirectory_filePath": b"1/" + b"0" * 56 + b".jpg"}, Reason.MISSING_FILE),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_row_is_refused_with_its_reason_and_the_rest_goes_on(data, name):
    columns, reason = ROWS[name]
    change(data, 2, **columns)
    with watched(Path("/etc")):
        found = read(data, FACES)
    assert found.reasons == {f"{TRAINING}:4": reason}
    assert found.refusals[0].received


def test_a_row_without_a_box_is_the_whole_picture(data):
    null = dict.fromkeys(("face_x", "face_y", "face_width", "face_height", "facial_landmarks"), b"NULL")
    change(data, 0, **null)
    found = read(data, FACES)
    assert found.rows[0][-4:] == (-1, -1, -1, -1)
    assert np.isnan(found.landmarks[0]).all()
    assert not np.isnan(found.landmarks[1:]).any()


def png(width, height):
    """A picture of a few bytes whose header claims that size."""
    small = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    chunk = b"IHDR" + struct.pack(">II", width, height) + small[24:29]
    return small[:12] + chunk + struct.pack(">I", zlib.crc32(chunk)) + small[33:]


def animation():
    frames = cv2.Animation()
    frames.frames = [np.full((20, 20, 3), 60 * at, np.uint8) for at in range(3)]
    frames.durations = [10] * 3
    return cv2.imencodeanimation(".webp", frames)[1].tobytes()


PICTURES = {
    "of 0 bytes": (lambda path: path.write_bytes(b""), Reason.EMPTY_FILE),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:90]), Reason.UNDECODABLE),
    "a page": (lambda path: path.write_bytes(b"<html>"), Reason.UNDECODABLE),
    "of 40,000 x 40,000 pixels": (lambda path: path.write_bytes(png(40_000, 40_000)), Reason.TOO_LARGE),
    "animated": (lambda path: path.write_bytes(animation()), Reason.FORMAT_MISMATCH),
    "a pickle": (lambda path: path.write_bytes(pickle.dumps([1])), Reason.UNDECODABLE),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), Reason.BAD_PATH),
    "a FIFO": (lambda path: (path.unlink(), os.mkfifo(path)), Reason.BAD_PATH),
    "a link out of the folder": (
        lambda path: (path.rename(path.parents[3] / "secret.jpg"), path.symlink_to(path.parents[3] / "secret.jpg")),
        Reason.BAD_PATH,
    ),
    "a link to nowhere": (lambda path: (path.unlink(), path.symlink_to("nowhere")), Reason.BAD_PATH),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_bad_picture_is_refused_with_its_reason_and_the_rest_goes_on(data, name):
    spoil, reason = PICTURES[name]
    spoil(data / IMAGES / lines(data)[3].split(b",")[0].decode())
    with watched(data.parent / "secret.jpg"):
        found = read(data, FACES)
    assert found.reasons == {f"{TRAINING}:4": reason}


def test_a_linked_folder_that_leaves_is_not_entered(data):
    shutil.move(data / IMAGES / "2", data.parent / "secret")
    (data / IMAGES / "2").symlink_to(data.parent / "secret")
    with watched(data.parent / "secret"):
        found = read(data, FACES)
    count = len(list((data.parent / "secret").iterdir()))
    assert list(found.reasons.values()) == [Reason.BAD_PATH] * count


def test_endings_that_lie_and_rare_ones_are_decoded_by_content(data):
    names = {Path(row.source).suffix for row in read(data, FACES).rows}
    assert {".jpeg", ".tif", ".bmp", ".PNG", ".JPG"} <= names


def test_the_picture_of_0_bytes_in_validation_is_refused_there(data):
    (data / IMAGES / lines(data, VALIDATION)[4].split(b",")[0].decode()).write_bytes(b"")
    assert read(data, FACES).reasons == {f"{VALIDATION}:5": Reason.EMPTY_FILE}


def test_a_training_row_whose_picture_is_also_in_validation_is_refused(data):
    write(data, [*lines(data), *lines(data, VALIDATION)[:3]])
    found = read(data, FACES + 3)
    assert found.reasons == {f"{TRAINING}:{line}": Reason.DUPLICATE_ACROSS for line in (13, 14, 15)}
    assert "is listed in validation too" in found.refusals[0].detail
    assert sum(row.usage == "PublicTest" for row in found.rows) == 11


def test_a_picture_that_is_listed_twice_in_a_file_is_read_once(data):
    rows = lines(data)
    write(data, [*rows, rows[1], rows[1]])
    found = read(data, FACES + 2)
    assert found.reasons == {f"{TRAINING}:{line}": Reason.DUPLICATE_WITHIN for line in (13, 14)}


def test_automatic_labels_are_read_for_training_and_yield_to_those_of_people(data, drawn):
    shutil.copytree(drawn("affectnet_automatic"), data, dirs_exist_ok=True)
    automatic = "Automatically_annotated_file_list/automatically_annotated.csv"
    write(data, [*lines(data, automatic), lines(data)[1], lines(data, VALIDATION)[0]], automatic)
    found = read(data, 2 * FACES + 2)
    assert found.reasons == {f"{automatic}:{line}": Reason.DUPLICATE_ACROSS for line in (FACES + 2, FACES + 3)}
    assert sum(row.usage == "Training" for row in found.rows) == FACES + 11
    assert "automatic labels are those of a network and not of people" in found.reader.remarks()


def test_without_validation_a_remark_says_that_there_is_no_test_set(data):
    (data / VALIDATION).unlink()
    assert read(data, 11).reader.remarks() == [
        "no validation.csv, so no official test set; split.by: stratified draws one"
    ]


def test_a_list_whose_name_tells_no_part_is_an_error(data):
    (data / TRAINING).rename(data / LISTS / "list.csv")
    with pytest.raises(
        DataError, match=r"list.csv: lists pictures of AffectNet, but its name does not tell which part"
    ):
        read(data, FACES)


def test_two_lists_of_one_part_are_an_error(data):
    shutil.copy(data / TRAINING, data / LISTS / "training (1).csv")
    with pytest.raises(DataError, match=r"two lists of the same part of AffectNet. Keep one"):
        read(data, FACES)


def test_a_list_that_was_cut_off_is_a_fault_of_the_whole(data):
    path = data / TRAINING
    path.write_bytes(path.read_bytes()[:-300])
    found = read(data, FACES)
    assert found.reasons == {f"{TRAINING}:12": Reason.BAD_ROW}
    assert "training.csv:12: truncated, the file ends in the middle of this row (6 fields; must be 9)" in found.fault


def test_a_list_without_a_last_line_feed_is_whole(data):
    path = data / TRAINING
    path.write_bytes(path.read_bytes()[:-1])
    assert (len(read(data, FACES).rows), read(data, FACES).fault) == (FACES, "")
