"""The work tree as a commit that another machine can take, without touching branch, index or stash.

What is neither committed nor ignored travels too: changed params and code, and dvc.lock, which names the data. The
commit goes to a ref of its own, `refs/mien/runs/<time>-<commit>`, which later runs delete.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.errors import FlowError
from flows.remote.git import git

REFS = "refs/mien/runs/"
TIME = "%Y%m%dT%H%M%SZ"
KEEP = timedelta(days=14)
MAX_NEW_BYTES = 10_000_000
"""A file that is larger and that git does not know is data, and must not go to a git server."""

NOBODY = {f"GIT_{who}_{what}": "mien" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass(frozen=True)
class Snapshot:
    """A commit that has been pushed, and the ref under which the git remote has it."""

    commit: str
    ref: str

    @property
    def tags(self) -> dict[str, str]:
        """For the MLflow run."""
        return {"snapshot.commit": self.commit, "snapshot.ref": self.ref}


def take_snapshot(remote: str, tell: Callable[[str], None]) -> Snapshot:
    """Push the work tree to the git remote, and delete there what earlier runs have left for too long.

    Args:
        remote: address of the git remote.
        tell: takes lines for people.

    Raises:
        PassingError: the git remote does not answer.
        FlowError: it takes no push from here, there is no commit yet, or a file is too large to travel by git.
    """
    _check_new_files(tell)
    commit = commit_of_work_tree()
    there = _refs_on(remote)
    now = datetime.now(UTC)
    _prune(remote, [ref for ref in there if now - _time_of(ref) > KEEP], tell)
    for ref, sha in there.items():
        if sha == commit and now - _time_of(ref) < KEEP / 2:
            return Snapshot(commit, ref)
    ref = f"{REFS}{now:{TIME}}-{commit[:12]}"
    git("push", "--quiet", "--no-verify", remote, f"{commit}:{ref}")
    return Snapshot(commit, ref)


def commit_of_work_tree() -> str:
    """HEAD where nothing has changed, else a new commit on top of it; the same work tree gives the same commit."""
    head = _head()
    with _own_index() as index:
        git("read-tree", head, environment=index)
        git("add", "--all", environment=index)
        if Path("dvc.lock").exists():  # it names the data, also where git is told to ignore it
            git("add", "--force", "dvc.lock", environment=index)
        tree = git("write-tree", environment=index)
    if tree == git("rev-parse", f"{head}^{{tree}}"):
        return head
    when = git("show", "--no-patch", "--format=%cI", head)
    dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    message = "A work tree that was sent to a worker"
    return git("commit-tree", tree, "-p", head, "-m", message, environment={**NOBODY, **dates})


def _head() -> str:
    try:
        return git("rev-parse", "--verify", "HEAD")
    except FlowError as error:
        raise FlowError(f"{Path.cwd()} is no git repository, or has no commit yet: {error}") from error


@contextmanager
def _own_index() -> Iterator[dict[str, str]]:
    """Environment in which git's index is another file than the person's."""
    with tempfile.TemporaryDirectory() as folder:
        yield {"GIT_INDEX_FILE": os.fspath(Path(folder) / "index")}


def _check_new_files(tell: Callable[[str], None]) -> None:
    """Refuse large files that git does not know, and name the others: a person may have forgotten them."""
    listed = [name for name in git("ls-files", "--others", "--exclude-standard", "-z").split("\0") if name]
    if large := [name for name in listed if Path(name).is_file() and Path(name).stat().st_size > MAX_NEW_BYTES]:
        raise FlowError(
            f"{', '.join(large)}: larger than {MAX_NEW_BYTES // 10**6} MB and neither committed nor ignored, so it "
            "would be pushed to the git remote with the code. Add it to .gitignore, or commit it."
        )
    if others := [name for name in listed if name != "dvc.lock"]:
        tell(f"files that are not committed go to the git remote too: {', '.join(others)}")


def _refs_on(remote: str) -> dict[str, str]:
    """Commit of each ref of ours, by name, oldest first; names that are not ours are left alone."""
    lines = [line.split("\t") for line in git("ls-remote", remote, f"{REFS}*").splitlines()]
    return {ref: sha for sha, ref in sorted(lines, key=lambda line: line[1]) if _is_ours(ref)}


def _is_ours(ref: str) -> bool:
    try:
        _time_of(ref)
    except ValueError:
        return False
    return True


def _time_of(ref: str) -> datetime:
    return datetime.strptime(ref.removeprefix(REFS).partition("-")[0], TIME).replace(tzinfo=UTC)


def _prune(remote: str, refs: list[str], tell: Callable[[str], None]) -> None:
    """Delete refs; a remote that does not allow it, or another run that was quicker, stops nobody."""
    if not refs:
        return
    try:
        git("push", "--quiet", "--no-verify", remote, "--delete", *refs)
        tell(f"{len(refs)} snapshots of more than {KEEP.days} days ago are deleted from the git remote")
    except FlowError as error:
        tell(f"old snapshots stay on the git remote: {error}")
