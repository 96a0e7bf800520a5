from datetime import UTC, datetime, timedelta

import pytest

from flows.errors import FlowError
from flows.remote.snapshot import KEEP, REFS, TIME, commit_of_work_tree, take_snapshot


def take(checkout, lines=None):
    return take_snapshot(str(checkout.origin), (lines if lines is not None else []).append)


def put_ref(checkout, age, commit="HEAD"):
    ref = f"{REFS}{datetime.now(UTC) - age:{TIME}}-0123456789ab"
    checkout.git("push", "-q", "origin", f"{commit}:{ref}")
    return ref


def test_what_is_neither_committed_nor_ignored_travels(checkout):
    checkout.write("code.py", "changed\n")
    checkout.write("new/module.py", "new\n")
    lines = []
    snapshot = take(checkout, lines)
    assert lines == ["files that are not committed go to the git remote too: new/module.py"]
    assert checkout.refs() == {snapshot.ref: snapshot.commit}
    assert checkout.text_of(snapshot.commit, "code.py") == "changed"
    assert "new/module.py" in checkout.files_of(snapshot.commit)
    assert checkout.git("rev-parse", f"{snapshot.commit}^") == checkout.git("rev-parse", "HEAD")


def test_what_is_ignored_does_not_travel(checkout):
    checkout.write("data/face.png", "private")
    checkout.write("build/model", "large")
    assert checkout.files_of(take(checkout).commit) == {".gitignore", "code.py"}


def test_a_deleted_file_does_not_travel(checkout):
    (checkout.folder / "code.py").unlink()
    assert checkout.files_of(take(checkout).commit) == {".gitignore"}


def test_dvc_lock_travels_even_where_git_ignores_it(checkout):
    checkout.write(".gitignore", "dvc.lock\n")
    checkout.write("dvc.lock", "hashes\n")
    assert checkout.text_of(take(checkout).commit, "dvc.lock") == "hashes"


def test_branch_index_and_stash_are_untouched(checkout):
    checkout.write("code.py", "stashed\n")
    checkout.git("stash")
    checkout.write("code.py", "staged\n")
    checkout.git("add", "code.py")
    checkout.write("code.py", "only in the work tree\n")
    before = checkout.state()
    commit = take(checkout).commit
    assert checkout.state() == before
    assert checkout.text_of(commit, "code.py") == "only in the work tree"


def test_a_change_that_git_was_told_not_to_look_at_travels(checkout):
    checkout.git("update-index", "--assume-unchanged", "code.py")
    checkout.write("code.py", "changed\n")
    assert checkout.text_of(take(checkout).commit, "code.py") == "changed"


def test_a_clean_work_tree_is_its_own_commit(checkout):
    assert take(checkout).commit == checkout.git("rev-parse", "HEAD")


def test_the_same_work_tree_an_hour_later_is_the_same_commit_at_the_same_ref(checkout, monkeypatch):
    checkout.write("code.py", "changed\n")
    first = take(checkout)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_DATE", "2100-01-01T12:00:00Z")
    assert take(checkout) == first
    assert len(checkout.refs()) == 1


def test_a_ref_that_is_soon_deleted_is_not_used_again(checkout):
    old = put_ref(checkout, KEEP * 0.6)
    assert take(checkout).ref != old


def test_old_snapshots_are_deleted_from_the_remote_and_nothing_else(checkout):
    checkout.git("push", "-q", "origin", "main")
    young, foreign = put_ref(checkout, KEEP - timedelta(hours=1)), f"{REFS}kept-by-hand"
    checkout.git("push", "-q", "origin", f"HEAD:{foreign}")
    old = put_ref(checkout, KEEP + timedelta(hours=1))
    checkout.write("code.py", "changed\n")
    lines = []
    snapshot = take(checkout, lines)
    assert set(checkout.refs()) == {"refs/heads/main", young, foreign, snapshot.ref}
    assert old not in checkout.refs()
    assert "1 snapshots" in lines[0]


def test_a_remote_that_forbids_to_delete_stops_nobody(checkout):
    old = put_ref(checkout, KEEP * 2)
    hook = checkout.origin / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase "$3" in 0000000000*) echo "no deletions" >&2; exit 1;; esac\n')
    hook.chmod(0o755)
    checkout.write("code.py", "changed\n")
    lines = []
    snapshot = take(checkout, lines)
    assert set(checkout.refs()) == {old, snapshot.ref}
    assert "stay on the git remote" in lines[0]


def test_a_large_file_that_git_does_not_know_is_refused_before_it_is_copied(checkout, monkeypatch):
    monkeypatch.setattr("flows.remote.snapshot.MAX_NEW_BYTES", 10)
    checkout.write("fer2013.csv", "many pixels")
    with pytest.raises(FlowError, match=r"fer2013\.csv: larger"):
        take(checkout)
    assert checkout.refs() == {}


def test_a_person_without_a_name_in_git_can_send_a_work_tree(checkout, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    checkout.write("code.py", "changed\n")
    assert commit_of_work_tree() != checkout.git("rev-parse", "HEAD")


def test_hooks_of_the_person_do_not_run(checkout):
    hook = checkout.folder / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    take(checkout)
    assert len(checkout.refs()) == 1


def test_a_repository_without_a_commit_is_refused(checkout):
    checkout.git("update-ref", "-d", "HEAD")
    with pytest.raises(FlowError, match="no commit yet"):
        take(checkout)


def test_a_remote_that_is_not_there_is_refused(checkout, tmp_path):
    with pytest.raises(FlowError, match=r"gone\.git"):
        take_snapshot(str(tmp_path / "gone.git"), print)


def test_a_remote_that_takes_no_push_is_refused(checkout):
    hook = checkout.origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho read-only for you >&2; exit 1\n")
    hook.chmod(0o755)
    with pytest.raises(FlowError, match="read-only for you"):
        take(checkout)
