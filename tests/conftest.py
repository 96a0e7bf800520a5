"""A small repository of git and DVC, and an empty tracking store: made once, copied for each test."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

STAGES = {
    "draw": {"cmd": "echo drawn > build/drawn && echo draw: drawn", "deps": ["data"], "outs": ["build/drawn"]},
    "paint": {
        "cmd": "cp build/drawn build/painted && echo paint: done",
        "deps": ["build/drawn"],
        "outs": ["build/painted"],
    },
    "other": {"cmd": "echo other > build/other", "outs": ["build/other"]},
}


def git(*words: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    return subprocess.run(["git", *identity, *words], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="session")
def made_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of git and DVC; to make one takes a second, to copy it nothing."""
    from dvc.repo import Repo

    folder = tmp_path_factory.mktemp("repository")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        git("init", "-q")
        with Repo.init() as repo:
            Path("data").mkdir()
            Path("data/one").write_text("one\n")
            Path("build").mkdir()
            Path("dvc.yaml").write_text(yaml.safe_dump({"stages": STAGES}, sort_keys=False))
            Path("params.yaml").write_text("train:\n  epochs: 3 # few\n")
            repo.add("data")
        Path(".gitignore").write_text("/data\n/build\n/.mien\n")
        git("add", "-A")
        git("commit", "-qm", "first")
    return folder


@pytest.fixture
def repository(made_repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, entered."""
    folder = shutil.copytree(made_repository, tmp_path / "repository", symlinks=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite store; to make one takes seconds, to copy it nothing."""
    from tasks.tracking.store import open_store

    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.delenv("DVC_ROOT", raising=False)
        open_store()
    return folder / "mlflow.db"
