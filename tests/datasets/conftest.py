"""AffectNet, drawn once in each of its formats for all processes that test."""

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from mien.datasets.synthetic.affectnet import FORMATS
from tests.datasets.affectnet.reading import FACES

SEED = 11


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str], Path]:
    """Gives the folder of a format by its name; nobody may change what is in it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def draw(name: str) -> Path:
        root = shared / "drawn" / name
        root.parent.mkdir(exist_ok=True)
        with FileLock(root.with_suffix(".lock")):
            if not root.exists():
                FORMATS[name](root, FACES, SEED)
        return root

    return draw
