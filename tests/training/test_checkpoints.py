import json

import numpy as np
import pytest

from mien import durable
from mien.errors import TrainingError
from mien.training.checkpoints import Checkpoint, CheckpointStore, differences


@pytest.fixture
def told():
    return []


@pytest.fixture
def store(tmp_path, told):
    return CheckpointStore(tmp_path / "checkpoints", {"train": {"batch_size": 128, "seed": 1}}, told.append)


def checkpoint(epochs):
    values = [np.full((2, 3), epochs, np.float32), np.array(epochs, np.int64)]
    return Checkpoint(epochs, {"history": [epochs]}, {"weights": values, "optimizer": values[:1]})


def saved(store, count):
    for epochs in range(1, count + 1):
        store.save(checkpoint(epochs))


def names(store):
    return sorted(path.name for path in store.folder.iterdir())


def test_what_was_saved_comes_back(store):
    store.save(checkpoint(5))
    newest = store.newest()
    assert newest.epochs == 5
    assert newest.state["history"] == [5]
    assert [value.tolist() for value in newest.arrays["weights"]] == [[[5.0] * 3] * 2, 5]
    assert newest.arrays["weights"][1].dtype == np.int64


def test_nothing_saved_is_nothing_found(store, told):
    assert store.newest() is None
    assert not told


def test_the_newest_two_are_kept(store):
    saved(store, 12)
    assert names(store) == ["epoch-000011", "epoch-000012"]
    assert store.newest().epochs == 12


@pytest.mark.parametrize("file", ["weights.npz", "optimizer.npz", "state.json", "manifest.json"])
def test_one_flipped_byte_anywhere_makes_the_older_one_count(store, told, file):
    saved(store, 2)
    path = store.folder / "epoch-000002" / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)
    assert store.newest().epochs == 1
    assert "epoch-000002 is damaged" in told[0]


@pytest.mark.parametrize("file", ["weights.npz", "manifest.json"])
@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
def test_a_missing_or_empty_file_makes_the_older_one_count(store, told, file, damage):
    saved(store, 2)
    damage(store.folder / "epoch-000002" / file)
    assert store.newest().epochs == 1
    assert len(told) == 1


def test_a_damaged_one_is_replaced_when_training_gets_there_again(store):
    saved(store, 2)
    (store.folder / "epoch-000002" / "weights.npz").write_bytes(b"")
    store.save(checkpoint(2))
    assert store.newest().epochs == 2


def test_a_pickle_is_never_loaded(store, told):
    store.save(checkpoint(1))
    place = store.folder / "epoch-000001"
    np.savez(place / "weights.npz", np.array([{"a": 1}], dtype=object))
    manifest = json.loads((place / "manifest.json").read_text())
    from mien.training.checkpoints import _sha256

    manifest["weights.npz"] = _sha256(place / "weights.npz")
    (place / "manifest.json").write_text(json.dumps(manifest))
    assert store.newest() is None
    assert "allow_pickle" in told[0]


@pytest.mark.parametrize("step", range(7))
def test_a_crash_at_any_sync_or_rename_leaves_the_old_or_the_new_one(store, monkeypatch, step):
    """Every call that makes bytes or names durable fails once, as if the process had died there."""
    saved(store, 1)
    calls = iter(range(99))

    def dying(real):
        def call(*arguments):
            if next(calls) == step:
                raise KeyboardInterrupt
            return real(*arguments)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "fsync", dying(durable.os.fsync))
        patch.setattr(durable.os, "replace", dying(durable.os.replace))
        with pytest.raises(KeyboardInterrupt):
            store.save(checkpoint(2))
    newest = store.newest()
    assert newest.epochs == newest.state["history"][0] == (2 if step > 5 else 1)
    store.save(checkpoint(3))
    assert not [name for name in names(store) if name.endswith(".tmp")]


def test_a_full_disk_is_an_error_that_names_the_place(store, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    saved(store, 1)
    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(TrainingError, match="epoch-000002 cannot be written: .*No space left"):
        store.save(checkpoint(2))
    assert store.newest().epochs == 1


def test_other_settings_have_other_checkpoints_and_the_difference_is_told(store, told, tmp_path):
    saved(store, 3)
    other = CheckpointStore(store.root, {"train": {"batch_size": 64, "seed": 1}}, told.append)
    assert other.newest() is None
    assert "after 3 epochs of other settings" in told[0]
    assert "train.batch_size (128 there, 64 here)" in told[0]
    assert "seed" not in told[0]
    assert store.newest().epochs == 3


def test_finishing_leaves_the_last_checkpoint_of_these_settings_only(store, told):
    saved(store, 1)
    saved(store, 2)
    saved(CheckpointStore(store.root, {"train": {"seed": 9}}, told.append), 1)
    store.finish()
    assert store.newest().epochs == 2
    assert len(list(store.root.glob("*/epoch-*"))) == 1
    store.finish()
    assert store.newest().epochs == 2


def test_differences_go_into_sections_and_shorten_long_values():
    there = {"a": {"x": 1, "y": None}, "b": "z" * 100, "gone": 1}
    here = {"a": {"x": 1, "y": {"k": 2}}, "b": "z", "new": True}
    lines = differences(there, here)
    assert lines[0] == 'a.y (null there, {"k": 2} here)'
    assert len(lines[1]) < 90
    assert lines[2:] == ["gone (1 there, null here)", "new (null there, true here)"]
