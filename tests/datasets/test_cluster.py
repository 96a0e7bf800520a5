import time
from pathlib import Path

import pytest

from mien.datasets import cluster
from mien.datasets import reader as reader_module
from mien.datasets.cluster import Task, make_shards_on
from mien.datasets.local import make_shards
from mien.datasets.piece import Piece
from mien.datasets.shards import code_digest
from mien.datasets.writer import write
from mien.errors import DataError
from mien.params import IngestParams
from mien.params.preparation import Preparation
from tasks.ingest import ingest
from tests.datasets import fakes
from tests.datasets.dask_cluster import Cluster, Slow

ROWS, SHARDS = 5, 24


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """Pictures in `SHARDS` shards, one of them bad."""
    monkeypatch.setattr(reader_module, "SHARD_ROWS", ROWS)
    for number, face in enumerate(fakes.faces(ROWS * SHARDS)):
        fakes.write_picture(tmp_path, f"data/happy/{number:03d}.png", face)
    (tmp_path / "data/happy/007.png").write_bytes(b"no picture")
    return Slow(tmp_path / "data", "fer2013", Preparation())


def outputs(made, folder):
    folder.mkdir()
    write(folder, (Piece.load(shard.path) for shard in made), (48, 48))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_worker_that_sees_another_folder_or_has_other_code_says_so(tmp_path, reader):
    shard = next(reader.shards())
    (tmp_path / "mark").touch()
    with pytest.raises(DataError, match=r"does not see .*/elsewhere: .*disk that all workers share"):
        Task(reader, tmp_path / "elsewhere/mark", code_digest())(shard)
    with pytest.raises(DataError, match="has other code"):
        Task(reader, tmp_path / "mark", "other")(shard)


@pytest.mark.slow
def test_a_killed_worker_costs_nothing_but_time_and_the_bytes_are_those_of_this_machine(tmp_path, reader):
    def killing(made, worker):
        for number, shard in enumerate(made):
            if number == 4:
                worker.kill()
                worker.wait()
            yield shard

    with Cluster(tmp_path) as dask:
        first, _ = dask.worker(), dask.worker()
        made = make_shards_on(dask.address, reader, tmp_path / "scratch")
        there = outputs(killing(made, first), tmp_path / "there")
    assert there == outputs(make_shards(reader, tmp_path / "other"), tmp_path / "here")
    assert [shard.fresh for shard in make_shards(reader, tmp_path / "scratch")] == [False] * SHARDS


@pytest.mark.slow
def test_the_stage_on_a_cluster_writes_what_it_writes_here_and_fails_as_it_fails_here(tmp_path, monkeypatch, reader):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cluster, "WORKER_SECONDS", 1)
    out = Path("build/ingest")
    with Cluster(tmp_path) as dask:
        with pytest.raises(DataError, match="has no worker. Start one or more .*uv run dask worker tcp://"):
            ingest(IngestParams(dask=dask.address, max_refused_share=0.1))
        dask.worker()
        monkeypatch.setattr(cluster, "WORKER_SECONDS", 20)
        ingest(IngestParams(dask=dask.address, max_refused_share=0.1))
        there = {path.name: path.read_bytes() for path in out.iterdir()}
        with pytest.raises(DataError, match=r"1 of 120 rows refused.*1 undecodable"):
            ingest(IngestParams(dask=dask.address))
    ingest(IngestParams(max_refused_share=0.1))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == there


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_said_within_seconds(tmp_path, reader):
    start = time.monotonic()
    with pytest.raises(
        DataError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9 .*uv run dask scheduler.*null"
    ):
        next(make_shards_on("tcp://127.0.0.1:9", reader, tmp_path / "scratch"))
    assert time.monotonic() - start < 15
