import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from flows.errors import FlowError
from flows.remote import clone
from flows.remote.clone import CLONE, own_clone
from flows.remote.snapshot import take_snapshot


@pytest.fixture
def worker(project, tmp_path, monkeypatch):
    """The worker's checkout, beside the one that sends; the working directory."""
    project.git("push", "-q", "origin", "main")
    place = tmp_path / "worker"
    project.git("clone", "-q", str(project.origin), str(place))
    monkeypatch.chdir(place)
    return place


def send(project):
    here = Path.cwd()
    os.chdir(project.folder)
    try:
        return take_snapshot(str(project.origin), print)
    finally:
        os.chdir(here)


def visit(snapshot, tell=print):
    return own_clone("test", snapshot.commit, snapshot.ref, tell)


def test_the_clone_holds_exactly_the_commit(project, worker):
    project.write("code.py", "changed\n")
    project.write("module.py", "new\n")
    with visit(send(project)):
        assert Path.cwd() == worker / CLONE
        assert Path("code.py").read_text() == "changed\n"
        assert Path("module.py").exists()
    assert Path.cwd() == worker
    assert Path("code.py").read_text() == "committed\n"


def test_nothing_of_an_earlier_commit_or_a_person_stays_but_what_git_ignores(project, worker):
    project.write("module.py", "new\n")
    with visit(send(project)):
        Path("code.py").write_text("edited by hand\n")
        Path("notes.txt").write_text("left behind\n")
        checkpoint = Path("build/train/checkpoints/1")
        checkpoint.mkdir(parents=True)
    (project.folder / "module.py").unlink()
    with visit(send(project)):
        assert Path("code.py").read_text() == "committed\n"
        assert not Path("notes.txt").exists()
        assert not Path("module.py").exists()
        assert checkpoint.exists()


def test_the_clone_shares_cache_and_credentials_of_the_checkout(project, worker):
    config = (
        "['remote \"bucket\"']\nurl = s3://bucket\nsecret_access_key = secret\n['remote \"near\"']\nurl = ../near\n"
    )
    (worker / ".dvc" / "config.local").write_text(config)
    with visit(send(project)) as remote:
        from dvc.repo import Repo

        repo = Repo()
        assert repo.cache.local.path == str(worker / ".dvc/cache/files/md5")
        assert repo.config["remote"]["bucket"]["secret_access_key"] == "secret"
        assert repo.config["remote"]["near"]["url"] == str(worker / "near")
        assert repo.config["core"]["remote"] == remote.name == "store"
        assert Path(".dvc/config.local").stat().st_mode & 0o077 == 0


def test_the_checkout_of_the_worker_stays_clean(project, worker):
    with visit(send(project)):
        pass
    assert subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True, check=True).stdout == ""


def test_a_ref_that_is_not_there_is_told(project, worker):
    snapshot = send(project)
    with (
        pytest.raises(FlowError, match=r"refs/mien/runs/gone is not on the git remote .*push it"),
        own_clone("test", snapshot.commit, "refs/mien/runs/gone", print),
    ):
        pass


def test_a_ref_that_holds_another_commit_is_refused(project, worker):
    snapshot = send(project)
    project.write("code.py", "changed\n")
    other = send(project)
    with (
        pytest.raises(FlowError, match=f"is {other.commit}, not {snapshot.commit}"),
        own_clone("test", snapshot.commit, other.ref, print),
    ):
        pass


def test_a_second_run_waits_and_says_for_whom(project, worker):
    snapshot = send(project)
    lines = []
    with visit(snapshot):
        os.chdir(worker)  # the second one is another process in truth
        second = threading.Thread(target=lambda: enter_and_note(snapshot, lines), daemon=True)
        second.start()
        limit = time.monotonic() + 10
        while not lines and time.monotonic() < limit:
            time.sleep(0.02)
        assert lines
        assert "test" in lines[0]
        assert "in the clone" not in lines
    second.join(10)
    assert lines[-1] == "in the clone"


def enter_and_note(snapshot, lines):
    with visit(snapshot, lines.append):
        lines.append("in the clone")


def test_what_a_killed_run_has_left_ends_before_the_next_one_begins(project, worker, monkeypatch):
    monkeypatch.setattr(clone, "LEFT_OVER_SECONDS", 0.3)
    snapshot = send(project)
    with visit(snapshot):
        stage = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "tasks.train"])
        shell = subprocess.Popen(["sleep", "60"])
    try:
        with visit(snapshot):
            assert stage.wait(5) == -9
            assert shell.poll() is None
    finally:
        for process in (stage, shell):
            process.kill()
            process.wait()
