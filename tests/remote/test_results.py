import contextlib
import shutil
from pathlib import Path

import pytest

from flows.errors import FlowError
from flows.remote.results import made_by, restore

MODEL = Path("build/train/model")


@pytest.fixture
def trained(project, tmp_path, monkeypatch):
    """A project without a result, and a model that another machine has made from the same inputs."""
    other = tmp_path / "other"
    shutil.copytree(project.folder, other)
    train(other)
    return (other / MODEL).read_text()


def train(folder):
    from dvc.repo import Repo

    repo = Repo(str(folder))
    with contextlib.chdir(folder):
        repo.reproduce("train", force=True)
        repo.push("train", run_cache=True)


def test_takes_what_another_machine_has_made(project, trained):
    assert restore("train", "store")
    assert MODEL.read_text() == trained
    from dvc.repo import Repo

    assert Repo().status(["train"]) == {}


def test_never_runs_anything_where_there_is_no_result(project):
    assert not restore("train", "store")
    assert not MODEL.exists()
    assert not Path("dvc.lock").exists()


def test_a_result_of_other_inputs_is_none_and_what_is_there_stays(project, trained):
    restore("train", "store")
    lock = Path("dvc.lock").read_text()
    Path("input").write_text("other faces\n")
    assert not restore("train", "store")
    assert MODEL.read_text() == trained
    assert Path("dvc.lock").read_text() == lock


def test_takes_exactly_the_result_that_is_expected(project, trained, tmp_path):
    restore("train", "store")
    first = made_by("train")
    train(tmp_path / "other")
    second = (tmp_path / "other" / MODEL).read_text()
    assert second != trained
    with contextlib.chdir(tmp_path / "other"):
        expected = made_by("train")
    for wanted, text in ((expected, second), (first, trained), (expected, second)):
        assert restore("train", "store", wanted)
        assert MODEL.read_text() == text
        assert made_by("train") == wanted


def test_an_expected_result_that_is_not_there_is_none(project, trained):
    assert not restore("train", "store", {"build/train/model": "0" * 32})


def test_what_a_killed_stage_has_left_is_not_in_the_way(project, trained):
    MODEL.parent.mkdir(parents=True)
    MODEL.write_text("half a mod")
    assert restore("train", "store")
    assert MODEL.read_text() == trained


def test_a_record_without_its_files_is_no_result(project, trained, tmp_path):
    shutil.rmtree(tmp_path / "store" / "files")
    assert not restore("train", "store")
    assert not MODEL.exists()


def test_a_remote_of_another_name_than_the_default_one_is_asked(project, trained, tmp_path):
    project.write(".dvc/config.local", f"['remote \"second\"']\nurl = {tmp_path / 'second'}\n")
    shutil.move(tmp_path / "store", tmp_path / "second")
    (tmp_path / "store").mkdir()
    assert not restore("train", "store")
    assert restore("train", "second")


def test_inputs_that_are_missing_are_told(project):
    Path("input").unlink()
    with pytest.raises(FlowError, match="input"):
        restore("train", "store")
