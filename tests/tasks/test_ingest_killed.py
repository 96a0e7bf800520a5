"""A killed ingest goes on from the shards that it has finished. Kills are real, in processes of their own."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mien.datasets import reader as reader_module
from mien.datasets.folder import FolderReader
from mien.params import IngestParams
from tasks.ingest import ingest
from tests.datasets import fakes

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
OUT = Path("build/ingest")
ROWS = 10
PROGRAM = f"""
import time
from mien.datasets import reader
from mien.datasets.folder import FolderReader
from mien.params import IngestParams
from tasks.ingest import ingest

read = FolderReader.read
def slowly(self, shard):
    time.sleep(0.2)
    return read(self, shard)

reader.SHARD_ROWS = {ROWS}
FolderReader.read = slowly
ingest(IngestParams(max_refused_share=0.1))
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with data/ of 300 pictures, one of them bad, in 30 shards; two of what becomes of it."""
    monkeypatch.setattr(reader_module, "SHARD_ROWS", ROWS)
    for number, face in enumerate(fakes.faces(300)):
        fakes.write_picture(tmp_path, f"data/happy/{number:03d}.png", face)
    (tmp_path / "data/happy/007.png").write_bytes(b"no picture")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def outputs():
    return {path.name: path.read_bytes() for path in OUT.iterdir()}


def finished():
    return {path.name: path.stat().st_mtime_ns for path in (OUT / "shards").glob("*.arrow") if path.name[0] != "."}


def kill_after(shards):
    """Start an ingest and kill it when so many shards lie there."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], env={"PYTHONPATH": str(ROOT)})
    deadline = time.monotonic() + 60
    while len(finished()) < shards and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL


def test_a_killed_ingest_goes_on_decodes_nothing_twice_and_ends_with_the_same_bytes(project, monkeypatch):
    ingest(IngestParams(max_refused_share=0.1))
    whole = outputs()
    for path in OUT.iterdir():
        path.unlink()
    kill_after(5)
    first = finished()
    assert 5 <= len(first) < 25
    kill_after(len(first) + 5)
    second = finished()
    assert first.items() <= second.items()
    assert len(second) < 30
    read, names = FolderReader.read, []

    def counted(self, shard):
        names.extend(shard.work)
        return read(self, shard)

    monkeypatch.setattr(FolderReader, "read", counted)
    ingest(IngestParams(max_refused_share=0.1))
    assert len(names) == 300 - ROWS * len(second)
    assert outputs() == whole
