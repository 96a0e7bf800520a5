import os

import pytest

from mien.datasets import listing


def put(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(root):
    return list(listing.names(root))


def entries(root):
    return [listing.entry(root, name) for name in listing.names(root)]


def test_litter_of_file_managers_is_skipped_by_name(tmp_path):
    put(
        tmp_path, "a/1.jpg", "a/._1.jpg", "a/.DS_Store", "a/Thumbs.db", "desktop.ini", "__MACOSX/1.jpg", ".hidden/1.jpg"
    )
    assert names(tmp_path) == ["a/1.jpg"]


def test_papers_are_skipped_only_beside_the_data(tmp_path):
    put(tmp_path, "LICENSE.txt", "readme.md", "LICENCE", "README", "a/README.jpg", "b.bib")
    assert names(tmp_path) == ["a/README.jpg", "b.bib"]


def test_files_come_sorted_by_name(tmp_path):
    put(tmp_path, "b/2.jpg", "a/9.jpg", "a/10.jpg", "b.csv")
    assert names(tmp_path) == ["a/10.jpg", "a/9.jpg", "b.csv", "b/2.jpg"]


def test_a_folder_stands_where_its_files_names_stand(tmp_path):
    put(tmp_path, "a/1.jpg", "a-b/1.jpg", "a.jpg", "a0/1.jpg", "a/z/1.jpg", "a/z.jpg", "a/z-1.jpg")
    assert names(tmp_path) == sorted(names(tmp_path))


def test_links_are_followed_only_inside_the_folder(tmp_path):
    root = tmp_path / "data"
    put(root, "a/1.jpg")
    put(tmp_path, "secret.jpg", "outside/2.jpg")
    (root / "a/inside.jpg").symlink_to(root / "a/1.jpg")
    (root / "a/leaves.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "a/nowhere.jpg").symlink_to("missing.jpg")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "loop").symlink_to(root)
    problems = {entry.name: entry.problem for entry in entries(root)}
    assert problems == {
        "a/1.jpg": "",
        "a/inside.jpg": "",
        "a/leaves.jpg": "a link that leaves the data folder; put the file itself there",
        "a/nowhere.jpg": "a link that leads nowhere",
        "folder": "a link that leaves the data folder; put the file itself there",
        "loop": "a linked folder",
    }


def test_a_fifo_is_listed_and_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    assert [entry.problem for entry in entries(tmp_path)] == ["no regular file (FIFO, socket or device)"]


def test_a_name_that_is_not_utf8_can_be_shown(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"\xff.jpg")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    (entry,) = entries(tmp_path)
    assert (entry.name, entry.problem) == ("\\xff.jpg", "its name is not UTF-8")
