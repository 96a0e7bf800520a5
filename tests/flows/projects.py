"""Clones of the checkout under test, work tree included, and the places where two of them meet."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mien.datasets.synthetic import generate, write_csv

ROOT = Path(__file__).parents[2]
ROWS = 300
QUICK = {
    "train.epochs": 1,
    "evaluate.bootstrap_samples": 100,
    "register.gates.min_accuracy": 0.0,
    "register.gates.min_macro_f1": 0.0,
    "register.gates.min_recall": 0.0,
    "register.gates.max_ece": 1.0,
    "promote.max_ece": 1.0,
    "promote.min_rows": 10,
    "promote.max_ms_per_face": 10_000,  # other tests may keep every core busy
}
"""Params of a pipeline that ends within half a minute, registers whatever comes out and promotes the first of it."""


@dataclass(frozen=True)
class Exchange:
    """Where checkouts meet: a bare git repository and the folder of a DVC remote."""

    git: Path
    dvc: Path

    def clone(self, folder: Path) -> Path:
        """A clone of `main` with its data; its git remote is `origin`, its DVC remote `exchange`."""
        git(folder.parent, "clone", "-q", "--branch", "main", str(self.git), str(folder))
        for name in ("name", "email"):
            git(folder, "config", f"user.{name}", "tests@localhost")
        dvc(folder, "remote", "add", "--local", "exchange", str(self.dvc))
        dvc(folder, "pull", "--quiet", "--remote", "exchange", "data.dvc")
        return folder


def run(folder: Path, *words: str, **environment: str) -> str:
    """What the command says on standard output; the test fails with all of it when the command does."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    variables = {**os.environ, "PATH": path, **environment}
    done = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def git(folder: Path, *words: str, **environment: str) -> str:
    return run(folder, "git", *words, **environment).strip()


def dvc(folder: Path, *words: str, **environment: str) -> str:
    """`python -m` puts the clone before the installed packages, so that the clone's own code runs."""
    return run(folder, sys.executable, "-m", "dvc", *words, **environment)


def publish(git_folder: Path, scratch: Path) -> None:
    """Make `git_folder` a bare repository whose `main` is HEAD plus the work tree, through an index of its own."""
    git(scratch, "init", "-q", "--bare", "--initial-branch", "main", str(git_folder))
    index = {"GIT_INDEX_FILE": str(scratch / "index")}
    git(ROOT, "read-tree", "HEAD", **index)
    git(ROOT, "add", "--all", **index)
    tree = git(ROOT, "write-tree", **index)
    names = {f"GIT_{who}_{what}": "tests@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    commit = git(ROOT, "commit-tree", tree, "-p", "HEAD", "-m", "The checkout under test", **names)
    git(ROOT, "push", "-q", str(git_folder), f"{commit}:refs/heads/main")


def tiny_project(folder: Path) -> Exchange:
    """An exchange in `folder` whose project is small: 300 drawn faces, one epoch, gates that let everything pass."""
    exchange = Exchange(folder / "project.git", folder / "remote")
    exchange.dvc.mkdir(parents=True)
    publish(exchange.git, folder)
    draft = folder / "draft"
    git(folder, "clone", "-q", str(exchange.git), str(draft))
    (draft / "data").mkdir()
    write_csv(draft / "data" / "fer2013.csv", generate(rows=ROWS, seed=5))
    set_params(draft, QUICK)
    dvc(draft, "add", "--quiet", "data")
    dvc(draft, "remote", "add", "--local", "exchange", str(exchange.dvc))
    dvc(draft, "push", "--quiet", "--remote", "exchange", "data.dvc")
    git(draft, "-c", "user.name=tests", "-c", "user.email=tests@localhost", "commit", "-qam", "A tiny project")
    git(draft, "push", "-q", "origin", "HEAD:main")
    shutil.rmtree(draft)
    return exchange


def set_params(checkout: Path, values: Mapping[str, Any]) -> None:
    """Change params.yaml of a checkout; keys are dotted."""
    path = checkout / "params.yaml"
    params = yaml.safe_load(path.read_text())
    for key, value in values.items():
        *sections, last = key.split(".")
        place = params
        for section in sections:
            place = place[section]
        place[last] = value
    path.write_text(yaml.safe_dump(params, sort_keys=False))
