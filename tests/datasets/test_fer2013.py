import gzip
import hashlib

import numpy as np
import pytest

from mien.datasets import fer2013
from mien.datasets.lines import MAX_LINE
from mien.errors import DataError
from mien.params.preparation import Preparation
from mien.reasons import Reason
from tests.datasets import fakes


def read(path, image_size=48, unlabeled=False):
    """All batches of a file: faces, rows, refusals, faults."""
    reader = fer2013.open_csv(path.parent, path.name, Preparation(image_size), unlabeled)
    batches = [reader.read(shard) for shard in reader.shards()]
    faces = np.concatenate([batch.images for batch in batches])
    rows = [row for batch in batches for row in batch.rows]
    refusals = [refusal for batch in batches for refusal in batch.refusals]
    return faces, rows, refusals, [batch.fault for batch in batches if batch.fault]


def test_a_face_keeps_its_pixels_label_usage_line_and_digest(tmp_path):
    images = fakes.faces(21)
    faces, rows, refusals, faults = read(fakes.write_csv(tmp_path / "fer2013.csv", fakes.lines(images)))
    assert np.array_equal(faces, images)
    assert (refusals, faults) == ([], [])
    assert rows[8][:10] == (
        "00000008",
        "fer2013.csv",
        10,
        "PublicTest",
        "fer2013",
        1,
        "disgust",
        hashlib.sha256(images[8].tobytes()).hexdigest(),
        48,
        48,
    )


def columns(header, images, end="\n", quote=""):
    """A file's text with the columns of `header`, whatever their order."""
    rows = []
    for line in fakes.lines(images):
        emotion, pixels, usage = line.split(",")
        values = {"emotion": emotion, "pixels": f"{quote}{pixels}{quote}", "usage": usage, "id": "x"}
        rows.append(",".join(values[name.strip().lower()] for name in header.split(",")))
    return end.join([header, *rows, ""])


VARIANTS = {
    "fer2013.csv": lambda images: columns("emotion,pixels,Usage", images),
    "icml_face_data.csv": lambda images: columns("emotion, Usage, pixels", images),
    "upper case and blanks": lambda images: columns(" EMOTION ,Pixels , USAGE", images),
    "unknown column": lambda images: columns("id,emotion,pixels,Usage", images),
    "BOM": lambda images: "\ufeff" + columns("emotion,pixels,Usage", images),
    "CRLF": lambda images: columns("emotion,pixels,Usage", images, "\r\n"),
    "CR CR LF": lambda images: columns("emotion,pixels,Usage", images, "\r\r\n"),
    "quoted": lambda images: columns("emotion,pixels,Usage", images, quote='"'),
    "quoted header": lambda images: columns("emotion,pixels,Usage", images).replace("pixels", '"pixels"', 1),
    "repeated blanks": lambda images: columns("emotion,pixels,Usage", images).replace(" ", "  "),
    "trailing blanks": lambda images: columns("emotion,pixels,Usage", images, "  \n"),
    "blank lines": lambda images: columns("emotion,pixels,Usage", images, "\n\n"),
    "no final newline": lambda images: columns("emotion,pixels,Usage", images).rstrip("\n"),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_spelling_of_the_file_gives_the_same_faces(tmp_path, variant):
    images = fakes.faces(9)
    path = tmp_path / "fer2013.csv"
    path.write_bytes(VARIANTS[variant](images).encode())
    faces, rows, refusals, faults = read(path)
    assert np.array_equal(faces, images)
    assert [row.usage for row in rows] == [fakes.usage(row, 9) for row in range(9)]
    assert [row.code for row in rows] == [row % 7 for row in range(9)]
    assert (refusals, faults) == ([], [])


def test_unknown_columns_are_remarked_on(tmp_path):
    path = tmp_path / "fer2013.csv"
    path.write_text(columns("id,emotion,pixels,Usage", fakes.faces(2)))
    assert fer2013.open_csv(tmp_path, path.name, Preparation()).remarks() == ["unknown columns ignored: id"]


def test_without_usage_every_row_is_training(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(columns("emotion,pixels", fakes.faces(4)))
    _, rows, _, _ = read(path)
    assert [row.usage for row in rows] == ["Training"] * 4
    assert fer2013.open_csv(tmp_path, path.name, Preparation()).remarks() == ["no column Usage: every row is Training"]


def test_a_file_without_labels_is_read_only_when_asked_for(tmp_path):
    path = tmp_path / "test.csv"
    path.write_text(columns("pixels", fakes.faces(4)))
    with pytest.raises(DataError, match=r"test.csv: no column `emotion`.*ingest.unlabeled: true"):
        read(path)
    _, rows, _, _ = read(path, unlabeled=True)
    assert [(row.usage, row.code, row.label) for row in rows] == [("PrivateTest", -1, "")] * 4


PIXELS = fakes.pixels(fakes.faces(1)[0])
BAD_ROWS = {
    "emotion 7": (f"7,{PIXELS},Training", Reason.LABEL_OUT_OF_RANGE, "emotion is 7; must be 0..6"),
    "emotion -1": (f"-1,{PIXELS},Training", Reason.LABEL_OUT_OF_RANGE, "emotion is -1; must be 0..6"),
    "emotion 3.0": (f"3.0,{PIXELS},Training", Reason.BAD_ROW, "emotion is '3.0', not an integer"),
    "emotion empty": (f",{PIXELS},Training", Reason.UNLABELED, "emotion is empty"),
    "emotion a formula": (f"=1+1,{PIXELS},Training", Reason.BAD_ROW, "emotion is '=1+1', not an integer"),
    "unknown Usage": (f"3,{PIXELS},Test", Reason.BAD_ROW, "Usage is 'Test'; must be one of"),
    "Usage with NUL": (f"3,{PIXELS},Train\0ing", Reason.BAD_ROW, "Usage is 'Train\\x00ing'; must be one of"),
    "pixel 256": (f"3,256 {PIXELS},Training", Reason.BAD_ROW, "pixel 0 is '256'; must be 0..255"),
    "2305 pixels": (f"3,25 {PIXELS},Training", Reason.BAD_ROW, "2,305 pixels; must be 2,304 (48x48)"),
    "2 fields": (f"3,{PIXELS}", Reason.BAD_ROW, "2 fields; the header has 3"),
    "unbalanced quote": (f'3,"{PIXELS},Training', Reason.BAD_ROW, "quotes that do not match"),
    "too long": (f"3,{'1' * (2 * MAX_LINE)},Training", Reason.BAD_ROW, "line longer than 65,536 bytes"),
    "million columns": ("1," * 1_000_000, Reason.BAD_ROW, "line longer than 65,536 bytes"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_refused_with_line_and_reason_and_no_other_row_suffers(tmp_path, name):
    bad, reason, detail = BAD_ROWS[name]
    images = fakes.faces(6)
    good = fakes.lines(images)
    path = fakes.write_csv(tmp_path / "fer2013.csv", [*good[:4], bad, *good[4:]])
    faces, rows, refusals, faults = read(path)
    assert np.array_equal(faces, images)
    assert [row.sample_id for row in rows] == [f"{row:08d}" for row in (0, 1, 2, 3, 5, 6)]
    assert [(refusal.where, refusal.reason) for refusal in refusals] == [("fer2013.csv:6", reason)]
    assert refusals[0].detail.startswith(detail)
    assert len(refusals[0].received) <= 90
    assert refusals[0].received.startswith(bad[:5])
    assert faults == []


def test_a_file_cut_off_within_a_row_is_named_truncated(tmp_path):
    path = fakes.write_csv(tmp_path / "fer2013.csv", fakes.lines(fakes.faces(40)))
    path.write_bytes(path.read_bytes()[:262_144])
    faces, rows, refusals, faults = read(path)
    assert len(faces) == len(rows) == 31
    assert [refusal.line for refusal in refusals] == [33]
    assert faults[0].startswith("fer2013.csv:33: truncated, the file ends in the middle of this row")
    assert "Download the file again" in faults[0]


def test_a_cut_that_leaves_whole_rows_is_no_fault(tmp_path):
    path = fakes.write_csv(tmp_path / "fer2013.csv", fakes.lines(fakes.faces(3)))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert read(path)[3] == []


def test_every_shard_has_the_rows_that_it_says_and_the_total_is_close(tmp_path):
    rows = fakes.lines(fakes.faces(300))
    rows[100:100] = ["0,1 2 3,Training"]
    path = fakes.write_csv(tmp_path / "fer2013.csv", rows)
    reader = fer2013.open_csv(tmp_path, path.name, Preparation())
    shards = list(reader.shards())
    assert len(shards) > 1
    assert sum(shard.rows for shard in shards) == 301 == reader.total - 1
    assert all(
        len(batch.rows) + len(batch.refusals) == shard.rows for shard in shards for batch in [reader.read(shard)]
    )
    assert [row.sample_id for row in read(path)[1]] == [f"{row:08d}" for row in range(301) if row != 100]


def test_faces_in_colour_have_three_equal_channels(tmp_path):
    images = fakes.faces(3)
    path = fakes.write_csv(tmp_path / "fer2013.csv", fakes.lines(images))
    reader = fer2013.open_csv(tmp_path, path.name, Preparation(color="rgb"))
    (batch,) = (reader.read(shard) for shard in reader.shards())
    assert np.array_equal(batch.images, np.stack([images] * 3, axis=-1))


def test_refused_rows_come_in_the_order_of_the_file(tmp_path):
    bad = ["0,1 2 3,Training", f"9,{PIXELS},Training"] * 2
    refusals = read(fakes.write_csv(tmp_path / "fer2013.csv", bad))[2]
    assert [refusal.line for refusal in refusals] == [2, 3, 4, 5]


def test_faces_of_another_size_come_from_area_averaging(tmp_path):
    images = fakes.faces(2)
    path = fakes.write_csv(tmp_path / "fer2013.csv", fakes.lines(images))
    faces, rows, _, _ = read(path, image_size=24)
    means = images.reshape(2, 24, 2, 24, 2).mean(axis=(2, 4))
    assert np.abs(faces - means).max() <= 0.5
    assert (rows[0].width, rows[0].height) == (48, 48)
    assert rows[0].sha256 == hashlib.sha256(images[0].tobytes()).hexdigest()


@pytest.mark.parametrize(
    ("header", "fault"),
    [("emotion,image,Usage", "no column `pixels`"), ("pixels,pixels", "column 'pixels' stands twice")],
)
def test_a_header_that_does_not_fit_is_an_error_with_what_was_received(tmp_path, header, fault):
    path = fakes.write_csv(tmp_path / "fer2013.csv", ["1,2,Training"], header)
    with pytest.raises(DataError, match=rf"fer2013.csv:1: {fault}.*Received: {header}"):
        read(path)


def test_gzip_and_plain_text_give_the_same(tmp_path):
    plain = fakes.write_csv(tmp_path / "fer2013.csv", fakes.lines(fakes.faces(5)))
    packed = tmp_path / "faces.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    assert np.array_equal(read(plain)[0], read(packed)[0])
