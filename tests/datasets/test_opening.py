import os

import pytest

from mien.datasets.opening import Root
from mien.images import ImageError
from mien.reasons import Reason


@pytest.fixture
def root(tmp_path):
    """data/ with one picture; beside it a secret and a folder of them, with a link to each."""
    folder = tmp_path / "data"
    (folder / "a").mkdir(parents=True)
    (folder / "a/1.jpg").write_bytes(b"face")
    (tmp_path / "outside").mkdir()
    for name in ("secret.jpg", "outside/secret.jpg", "data-2.jpg"):
        (tmp_path / name).write_bytes(b"secret")
    (folder / "leaves.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "beside.jpg").symlink_to(tmp_path / "data-2.jpg")
    (folder / "twice.jpg").symlink_to("leaves.jpg")
    (folder / "out").symlink_to(tmp_path / "outside")
    (folder / "stays.jpg").symlink_to("a/1.jpg")
    (folder / "also").symlink_to("a")
    (folder / "nowhere.jpg").symlink_to("missing.jpg")
    os.mkfifo(folder / "pipe.jpg")
    return folder


@pytest.mark.parametrize("name", ["a/1.jpg", "stays.jpg", "also/1.jpg"])
def test_files_below_the_root_are_read_also_through_links_that_stay_there(root, name):
    assert Root(root).read(name) == b"face"


REFUSED = {
    "../secret.jpg": (Reason.BAD_PATH, "`..`"),
    "a/../../secret.jpg": (Reason.BAD_PATH, "`..`"),
    "/etc/passwd": (Reason.BAD_PATH, "an absolute name"),
    "": (Reason.BAD_PATH, "no name"),
    "a\\1.jpg": (Reason.BAD_PATH, "backslash"),
    "a/1.jpg\0.png": (Reason.BAD_PATH, "NUL"),
    os.fsdecode(b"a/\xff.jpg"): (Reason.BAD_PATH, "not UTF-8"),
    "leaves.jpg": (Reason.BAD_PATH, "a link that leaves"),
    "beside.jpg": (Reason.BAD_PATH, "a link that leaves"),
    "twice.jpg": (Reason.BAD_PATH, "a link that leaves"),
    "out/secret.jpg": (Reason.BAD_PATH, "linked folder that leaves"),
    "nowhere.jpg": (Reason.BAD_PATH, "leads nowhere"),
    "a": (Reason.BAD_PATH, "a folder"),
    "pipe.jpg": (Reason.BAD_PATH, "FIFO"),
    "a/2.jpg": (Reason.MISSING_FILE, "not there"),
    "b/1.jpg": (Reason.MISSING_FILE, "not there"),
    "a/1.jpg/x.jpg": (Reason.MISSING_FILE, "cannot be opened"),
    f"a/{'x' * 300}.jpg": (Reason.MISSING_FILE, "cannot be opened"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_else_is_opened_and_the_reason_is_said(root, name):
    reason, why = REFUSED[name]
    with pytest.raises(ImageError, match=why) as caught:
        Root(root).read(name)
    assert caught.value.reason is reason


def test_a_file_above_the_limit_is_not_read(root):
    with pytest.raises(ImageError, match="4 bytes; at most 3") as caught:
        Root(root).read("a/1.jpg", 3)
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_data_folder_that_is_a_link_itself_is_read(root):
    (root.parent / "link").symlink_to(root)
    assert Root(root.parent / "link").read("a/1.jpg") == b"face"
