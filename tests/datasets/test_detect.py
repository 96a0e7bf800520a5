import gzip
import os

import pytest

from mien.datasets import detect as module
from mien.datasets.detect import detect
from mien.errors import DataError
from tests.datasets import fakes

ROWS = fakes.lines(fakes.faces(3))
BARE = ["1," + fakes.pixels(fakes.faces(1)[0])]


@pytest.mark.parametrize(
    ("header", "rows", "kind"),
    [
        ("emotion,pixels,Usage", ROWS, "fer2013_csv"),
        ("emotion, Usage, pixels", ROWS, "icml_csv"),
        ("emotion,pixels", BARE, "fer_train_csv"),
        ("pixels", BARE, "fer_test_csv"),
    ],
)
def test_a_csv_is_known_by_its_header_whatever_its_name(tmp_path, header, rows, kind):
    fakes.write_csv(tmp_path / "x.dat", rows, header)
    found = detect(tmp_path)
    assert (found.chosen.kind, found.chosen.reader, found.chosen.name) == (kind, "fer2013", "x.dat")
    assert "with the columns" in found.chosen.evidence


def test_a_packed_csv_in_a_folder_is_found(tmp_path):
    plain = fakes.write_csv(tmp_path / "a.csv", ROWS)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/faces.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    assert detect(tmp_path).chosen.name == "sub/faces.csv.gz"


def test_class_folders_are_found_with_their_counts(tmp_path):
    for name in ("train/happy/1.png", "train/happy/2.png", "test/sad/1.png"):
        fakes.write_picture(tmp_path, name, fakes.faces(1)[0])
    found = detect(tmp_path)
    assert found.chosen.kind == "folder"
    assert "3 pictures in class folders (happy 2, sad 1)" in found.chosen.evidence
    assert found.survey.pictures == 3


def test_the_msambare_copy_is_known_by_its_file_names(tmp_path):
    fakes.write_picture(tmp_path, "train/happy/Training_1.png", fakes.faces(1)[0])
    assert detect(tmp_path).chosen.kind == "fer_folder"


def test_votes_beside_a_csv_are_kept_apart_whatever_their_name(tmp_path):
    fakes.write_csv(tmp_path / "icml.csv", ROWS)
    fakes.write_csv(tmp_path / "labels.csv", fakes.votes(3), fakes.FERPLUS_HEADER)
    found = detect(tmp_path)
    assert (found.chosen.name, found.votes.name, found.others) == ("icml.csv", "labels.csv", ())


def test_two_data_sets_are_an_error_with_the_evidence_of_each(tmp_path):
    fakes.write_csv(tmp_path / "fer2013.csv", ROWS)
    fakes.write_csv(tmp_path / "train.csv", BARE, "emotion,pixels")
    with pytest.raises(DataError) as caught:
        detect(tmp_path)
    message = str(caught.value)
    assert "2 data sets, and nothing says which is meant. Keep one and move the others away:" in message
    assert "- fer2013.csv: fer2013_csv, a CSV with the columns emotion, pixels, usage" in message
    assert "- train.csv: fer_train_csv, a CSV with the columns emotion, pixels" in message


def test_the_source_decides_between_a_csv_and_folders(tmp_path):
    fakes.write_csv(tmp_path / "fer2013.csv", ROWS)
    fakes.write_picture(tmp_path, "happy/1.png", fakes.faces(1)[0])
    with pytest.raises(DataError, match="set ingest.source to fer2013 or folder"):
        detect(tmp_path)
    assert detect(tmp_path, "fer2013").chosen.name == "fer2013.csv"
    found = detect(tmp_path, "folder")
    assert found.chosen.kind == "folder"
    assert "fer2013.csv: fer2013_csv" in found.others[0]


def test_a_source_that_is_not_there_is_an_error_that_tells_what_is(tmp_path):
    fakes.write_csv(tmp_path / "fer2013.csv", ROWS)
    with pytest.raises(DataError, match="no data set found for ingest.source folder"):
        detect(tmp_path, "folder")


def test_a_missing_and_an_empty_folder_are_told_apart(tmp_path):
    with pytest.raises(DataError, match=r"missing/: not found. .*dvc repro --pull"):
        detect(tmp_path / "missing")
    with pytest.raises(DataError, match="The folder is empty"):
        detect(tmp_path)


MISTAKEN = {
    "empty": (b"", "empty; download it again"),
    "blank": (b"\n \n", "empty; download it again"),
    "LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 301072766\n",
        "a Git LFS pointer and not the file itself; run `git lfs pull`",
    ),
    "HTML page": (b"\n<!DOCTYPE html><html><head><title>Sign in</title>", "an HTML page, .* log in and download"),
    "kagglehub path": (
        b"/home/me/.cache/kagglehub/datasets/msambare/fer2013/versions/1/fer2013.csv....xxxx\n",
        "a text that holds only a path .*; copy the file from there",
    ),
    "Windows path": (rb"C:\Users\me\fer2013.csv", "a text that holds only a path"),
    "UTF-16": ("emotion,pixels,Usage\n".encode("utf-16"), "UTF-16 .*iconv"),
    "UTF-16 without a mark": ("emotion,pixels,Usage\n".encode("utf-16-le"), "UTF-16 .*iconv"),
    "tar": (b"fer2013/fer2013.csv".ljust(257, b"\0")[:257] + b"ustar\x0000", "a tar archive; unpack it"),
    "packed tar": (gzip.compress(b"x" * 257 + b"ustar\x0000"), "a tar archive; unpack it"),
    "no header": (ROWS[0].encode(), "rows of pixels without a header"),
    "truncated gzip": (gzip.compress(os.urandom(500))[:300], "truncated, the archive ends too early"),
    "truncated zip": (b"PK\x03\x04" + bytes(100), "truncated, the zip archive has no directory"),
    "one endless line": (b"1" * 70_000, "its first line is longer than 65,536 bytes"),
    "something else": (b"name;size\n", "not known; its first line: name;size"),
    "binary": (bytes(range(128, 256)), "not known"),
}


@pytest.mark.parametrize("name", MISTAKEN)
def test_what_stands_where_a_csv_should_is_named_with_what_to_do(tmp_path, name):
    content, what = MISTAKEN[name]
    (tmp_path / "fer2013.csv").write_bytes(content)
    with pytest.raises(DataError, match=f"(?s)no data set found.*\n  - fer2013.csv: ({what})"):
        detect(tmp_path)


def test_ferplus_renamed_to_fer2013_is_named(tmp_path):
    fakes.write_csv(tmp_path / "fer2013.csv", fakes.votes(3), fakes.FERPLUS_HEADER)
    with pytest.raises(DataError, match=r"fer2013.csv: FER\+ votes .*maybe renamed.* no pixels; .*beside it"):
        detect(tmp_path)


def test_two_files_of_votes_are_an_error(tmp_path):
    fakes.write_csv(tmp_path / "fer2013.csv", ROWS)
    for name in ("a.csv", "b.csv"):
        fakes.write_csv(tmp_path / name, fakes.votes(3), fakes.FERPLUS_HEADER)
    with pytest.raises(DataError, match=r"2 files of FER\+ votes. Keep one:\n  - a.csv\n  - b.csv"):
        detect(tmp_path)


def test_unknown_files_are_listed_and_litter_and_papers_are_not(tmp_path):
    fakes.write_csv(tmp_path / "fer2013.csv", ROWS)
    (tmp_path / "fer2013.bib").write_text("@article{x}")
    (tmp_path / "README.md").write_text("hello")
    (tmp_path / "LICENSE").write_text("hello")
    (tmp_path / ".DS_Store").write_text("x")
    fakes.write_picture(tmp_path, "sheet.png", fakes.faces(1)[0])
    fakes.write_picture(tmp_path, "figures/1.png", fakes.faces(1)[0])
    assert detect(tmp_path).others == (
        "fer2013.bib: not known; its first line: @article{x}",
        "sheet.png: a picture in no folder",
        "1 pictures in folders",
    )


def test_a_link_out_of_the_folder_and_a_fifo_are_not_opened(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    (root / "a.csv").symlink_to(fakes.write_csv(tmp_path / "real.csv", ROWS))
    os.mkfifo(root / "pipe.csv")
    with pytest.raises(DataError, match=r"(?s)a.csv: a link that leaves the data folder.*pipe.csv: no regular file"):
        detect(root)


def test_of_very_many_files_only_some_are_opened_and_the_rest_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_LOOKS", 2)
    fakes.write_csv(tmp_path / "a.csv", ROWS)
    for number in range(4):
        (tmp_path / f"b{number}.npy").write_text("x")
    assert detect(tmp_path).others[-1] == "3 more files, not looked at"
