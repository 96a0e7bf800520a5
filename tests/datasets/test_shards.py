import dataclasses
import os
import pickle

import numpy as np
import pandas as pd
import pytest

from mien.datasets import reader as reader_module
from mien.datasets import shards
from mien.datasets.batch import Batch
from mien.datasets.detect import detect
from mien.datasets.folder import FolderReader
from mien.datasets.local import make_shards
from mien.datasets.piece import Piece
from mien.datasets.shards import digest_of
from mien.datasets.sources import open_reader
from mien.datasets.synthetic.affectnet import FORMATS
from mien.datasets.writer import write
from mien.errors import DataError
from mien.params import IngestParams
from mien.params.preparation import Preparation
from tests.datasets import fakes

ROWS = 20


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """A reader of 100 pictures, one of them bad, in five shards."""
    monkeypatch.setattr(reader_module, "SHARD_ROWS", ROWS)
    for number, face in enumerate(fakes.faces(100)):
        fakes.write_picture(tmp_path, f"data/happy/{number:03d}.png", face)
    (tmp_path / "data/happy/007.png").write_bytes(b"no picture")
    return FolderReader(tmp_path / "data", "fer2013", Preparation())


def outputs(reader, folder, scratch, **options):
    """Bytes of all outputs."""
    folder.mkdir()
    made = make_shards(reader, scratch, **options)
    write(folder, (Piece.load(shard.path) for shard in made), reader.settings.face_shape)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def fresh(reader, scratch):
    """For each shard whether it was made anew."""
    return [shard.fresh for shard in make_shards(reader, scratch)]


def test_a_piece_is_read_as_it_was_written(tmp_path, reader):
    batch = reader.read(next(reader.shards()))
    points = np.full((len(batch.rows), 68, 2), 0.5, np.float32)
    batch = dataclasses.replace(batch, landmarks=points, fault="cut off", colour=3)
    piece = Piece.of(batch)
    piece.save(tmp_path / "piece")
    loaded = Piece.load(tmp_path / "piece")
    pd.testing.assert_frame_equal(loaded.rows.to_pandas(), piece.rows.to_pandas())
    assert loaded.refused.equals(piece.refused)
    for name in ("images", "landmarks", "figures"):
        assert np.array_equal(getattr(loaded, name), getattr(piece, name))
    assert (loaded.facts.fault, loaded.facts.colour) == ("cut off", 3)
    assert loaded.facts.file_bytes == dict(batch.file_bytes)


def test_a_piece_without_faces_is_read_as_it_was_written(tmp_path):
    Piece.of(Batch(np.empty((0, 48, 48, 3), np.uint8), [])).save(tmp_path / "piece")
    loaded = Piece.load(tmp_path / "piece")
    assert (loaded.images.shape, loaded.landmarks, len(loaded.rows)) == ((0, 48, 48, 3), None, 0)


def test_the_outputs_do_not_depend_on_the_number_of_workers(tmp_path, reader):
    one = outputs(reader, tmp_path / "one", tmp_path / "scratch1", workers=1)
    assert one == outputs(reader, tmp_path / "many", tmp_path / "scratch5", workers=5)
    assert np.load(tmp_path / "one/images.npy").shape == (99, 48, 48)


def test_readers_and_shards_can_be_sent_to_another_process(reader):
    sent = pickle.loads(pickle.dumps(reader))
    assert list(map(repr, sent.shards())) == list(map(repr, reader.shards()))


@pytest.mark.parametrize("name", FORMATS)
def test_every_reader_of_affectnet_can_be_sent_elsewhere_and_the_shards_keep_their_names(drawn, name):
    found = detect(drawn(name))
    reader = open_reader(found, IngestParams(unlabeled=True))
    elsewhere = drawn(name).parent / "link"
    if not elsewhere.is_symlink():
        elsewhere.symlink_to(elsewhere.parent)
    sent = pickle.loads(pickle.dumps(dataclasses.replace(reader, root=elsewhere / name)))
    names = [digest_of(reader, shard) for shard in reader.shards()]
    assert len(set(names)) == len(names) > 0
    assert [digest_of(sent, shard) for shard in sent.shards()] == names


def test_names_are_listed_no_further_than_the_shards_that_are_asked_for(tmp_path, reader):
    (tmp_path / "data/sad").mkdir()
    first = next(shards := reader.shards())
    for number in range(30):
        fakes.write_picture(tmp_path, f"data/sad/{number:03d}.png", fakes.faces(1)[0])
    assert first.rows == ROWS
    assert sum(shard.rows for shard in shards) == 100 - ROWS + 30


def test_finished_shards_are_not_made_again(tmp_path, reader):
    made = outputs(reader, tmp_path / "first", tmp_path / "scratch")
    assert fresh(reader, tmp_path / "scratch") == [False] * 5
    assert outputs(reader, tmp_path / "again", tmp_path / "scratch") == made


def test_a_changed_picture_makes_its_shard_anew_and_no_other(tmp_path, reader):
    fresh(reader, tmp_path / "scratch")
    fakes.write_picture(tmp_path, "data/happy/045.png", fakes.faces(1, seed=9)[0])
    assert fresh(reader, tmp_path / "scratch") == [False, False, True, False, False]
    os.utime(tmp_path / "data/happy/000.png", ns=(1, 1))
    assert fresh(reader, tmp_path / "scratch") == [True, False, False, False, False]


def test_pictures_that_change_places_make_their_shards_anew_even_with_one_size_and_time(tmp_path, reader):
    one, other, aside = (tmp_path / "data/happy" / name for name in ("000.png", "099.png", ".aside"))
    for path in (one, other):
        path.write_bytes(path.read_bytes().ljust(10_000, b"\0"))
        os.utime(path, ns=(1, 1))
    fresh(reader, tmp_path / "scratch")
    one.rename(aside), other.rename(one), aside.rename(other)
    assert fresh(reader, tmp_path / "scratch") == [True, False, False, False, True]


def test_a_picture_that_goes_away_makes_all_shards_behind_it_anew(tmp_path, reader):
    fresh(reader, tmp_path / "scratch")
    (tmp_path / "data/happy/045.png").unlink()
    assert fresh(reader, tmp_path / "scratch") == [False, False, True, True, True]


@pytest.mark.parametrize(
    "change",
    [{"settings": Preparation(24)}, {"settings": Preparation(color="rgb")}, {"space": "affectnet"}],
    ids=str,
)
def test_a_changed_setting_makes_all_shards_anew(tmp_path, reader, change):
    fresh(reader, tmp_path / "scratch")
    assert fresh(dataclasses.replace(reader, **change), tmp_path / "scratch") == [True] * 5


def test_changed_code_makes_all_shards_anew(tmp_path, reader, monkeypatch):
    fresh(reader, tmp_path / "scratch")
    monkeypatch.setattr(shards, "code_digest", lambda: "other")
    assert fresh(reader, tmp_path / "scratch") == [True] * 5


def test_the_folder_that_the_data_lie_in_changes_no_shard(tmp_path, reader):
    fresh(reader, tmp_path / "scratch")
    (tmp_path / "data").rename(tmp_path / "moved")
    moved = dataclasses.replace(reader, root=tmp_path / "moved", total=100)
    assert fresh(moved, tmp_path / "scratch") == [False] * 5


@pytest.mark.parametrize("keep", [0, 100, -9, -1000])
def test_a_shard_that_was_cut_short_is_made_anew(tmp_path, reader, keep):
    first = next(make_shards(reader, tmp_path / "scratch")).path
    fresh(reader, tmp_path / "scratch")
    first.write_bytes(first.read_bytes()[:keep])
    assert fresh(reader, tmp_path / "scratch") == [True, False, False, False, False]


class Failing(FolderReader):
    """Fails in its third shard."""

    def read(self, shard):
        if "/045.png" in "".join(shard.work):
            raise self.fault
        return super().read(shard)


@pytest.mark.parametrize("fault", [DataError("a fault"), OSError(28, "No space left on device")])
def test_a_shard_that_fails_is_named_and_those_before_it_are_kept(tmp_path, reader, monkeypatch, fault):
    failing = Failing(reader.root, "fer2013", Preparation())
    object.__setattr__(failing, "fault", fault)
    with pytest.raises(DataError, match=r"shard happy/040.png \.\.\. happy/059.png: .*(a fault|No space left)"):
        fresh(failing, tmp_path / "scratch")
    assert len(list((tmp_path / "scratch").glob("*.arrow"))) >= 2


def test_a_fault_in_the_code_keeps_its_traceback_and_names_the_shard(tmp_path, reader):
    failing = Failing(reader.root, "fer2013", Preparation())
    object.__setattr__(failing, "fault", ZeroDivisionError("x"))
    with pytest.raises(ZeroDivisionError) as caught:
        fresh(failing, tmp_path / "scratch")
    assert caught.value.__notes__ == ["in shard happy/040.png ... happy/059.png"]


class Losing(FolderReader):
    """Loses a row."""

    def read(self, shard):
        batch = super().read(shard)
        return Batch(batch.images[1:], batch.rows[1:], batch.refusals)


def test_a_reader_that_loses_a_row_is_found_out(tmp_path, reader):
    with pytest.raises(DataError, match="20 rows became 19; this is a fault of the reader"):
        fresh(Losing(reader.root, "fer2013", Preparation()), tmp_path / "scratch")
