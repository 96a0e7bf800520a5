"""Real git and DVC repositories, small enough for the quick suite."""

from pathlib import Path

import pytest

from flows.remote.git import git


class Checkout:
    """A git work tree with one commit, and the bare repository that it calls `origin`."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.folder = folder / "origin.git", folder / "checkout"
        git("init", "-q", "--bare", "--initial-branch", "main", str(self.origin))
        git("init", "-q", "--initial-branch", "main", str(self.folder))
        self.write(".gitignore", "/data\n/build/\n/.mien/\n")
        self.write("code.py", "committed\n")
        self.git("remote", "add", "origin", str(self.origin))
        self.commit()

    def git(self, *words: str) -> str:
        return git("-c", "user.name=tests", "-c", "user.email=tests@localhost", *words, folder=self.folder)

    def write(self, path: str, text: str) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "A commit")
        return self.git("rev-parse", "HEAD")

    def refs(self) -> dict[str, str]:
        """SHA by name of what origin has."""
        lines = git("for-each-ref", "--format=%(refname) %(objectname)", folder=self.origin).splitlines()
        return dict(line.split() for line in lines)

    def files_of(self, commit: str) -> set[str]:
        return set(self.git("ls-tree", "-r", "--name-only", commit).splitlines())

    def text_of(self, commit: str, path: str) -> str:
        return self.git("show", f"{commit}:{path}")

    def state(self) -> tuple[str, ...]:
        """All that must not change under a person's hands."""
        index = (self.folder / ".git" / "index").read_bytes().hex()
        questions = (("rev-parse", "HEAD"), ("symbolic-ref", "HEAD"), ("status", "--porcelain"), ("stash", "list"))
        return (index, *(self.git(*words) for words in questions))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A checkout, as the working directory."""
    made = Checkout(tmp_path)
    monkeypatch.chdir(made.folder)
    for name in ("MIEN_GIT_REMOTE", "MIEN_DVC_REMOTE"):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
def project(checkout: Checkout, tmp_path: Path) -> Checkout:
    """A checkout that is a DVC project as well: stage `train` copies `input` to `build/train/model`, as `made` says."""
    (tmp_path / "store").mkdir()
    checkout.write("input", "faces\n")
    checkout.write(
        "make.sh", "mkdir -p build/train && cat input > build/train/model && date +%N >> build/train/model\n"
    )
    checkout.write("dvc.yaml", "stages: {train: {cmd: sh make.sh, deps: [input], outs: [build/train/model]}}\n")
    checkout.write(".dvc/.gitignore", "/config.local\n/tmp\n/cache\n")
    checkout.write(".dvc/config", f"[core]\nremote = store\n['remote \"store\"']\nurl = {tmp_path / 'store'}\n")
    checkout.commit()
    return checkout
