import json

import numpy as np
import pandas as pd
import pytest

from mien.errors import DataError
from mien.params import Preparation
from mien.training.data import (
    FaceSet,
    TrainingData,
    balanced_weights,
    check,
    epoch_batches,
    load_data,
    measure,
    targets,
)

CLASSES = np.array(["angry", "happy"])


@pytest.fixture
def build(tmp_path):
    """Six ingested faces, each of its own gray value; two copies."""
    for stage in ("ingest", "split", "augment"):
        (tmp_path / stage).mkdir()
    np.save(tmp_path / "ingest/images.npy", np.arange(6, dtype=np.uint8)[:, None, None].repeat(8, 1).repeat(8, 2))
    Preparation(8, crop_margin=0.25).write(tmp_path / "ingest")
    np.save(tmp_path / "augment/images.npy", np.full((2, 8, 8), 99, np.uint8))
    (tmp_path / "split/classes.json").write_text(json.dumps(["angry", "happy"]))
    split = {"face": [0, 2, 3, 4, 5], "split": ["train", "train", "validation", "test", "train"]}
    named = {"label": ["disgust", *CLASSES[[1, 1, 0, 1]]], "class": CLASSES[[0, 1, 1, 0, 1]]}
    table = pd.DataFrame({**split, **named, "class_index": np.array([0, 1, 1, 0, 1], np.int16)})
    table.to_parquet(tmp_path / "split/faces.parquet")
    copies = {"face": np.array([0, 5], np.int32), "class_index": np.array([0, 1], np.int16)}
    pd.DataFrame(copies).to_parquet(tmp_path / "augment/faces.parquet")
    return tmp_path


def load(build):
    return load_data(*(build / stage for stage in ("ingest", "split", "augment")))


def values(faces):
    return faces.images(np.arange(len(faces)))[:, 0, 0, 0].tolist()


def test_training_is_the_train_rows_and_then_the_copies(build):
    data = load(build)
    assert values(data.training) == [0, 2, 5, 99, 99]
    assert data.training.labels.tolist() == [0, 1, 1, 0, 1]
    assert data.classes == ("angry", "happy")


def test_how_the_faces_were_cut_out_is_known(build):
    assert load(build).preparation == Preparation(8, crop_margin=0.25)
    (build / "ingest/preparation.json").unlink()
    with pytest.raises(DataError, match="preparation.json is missing"):
        load(build)


def test_labels_that_are_learnt_as_another_class_are_known(build):
    assert load(build).merged == {"disgust": "angry"}


def test_validation_has_no_copies_and_nothing_has_test_faces(build):
    data = load(build)
    assert values(data.validation) == [3]
    assert 4 not in values(data.training)


def test_no_copies_at_all_are_fine(build):
    np.save(build / "augment/images.npy", np.zeros((0, 8, 8), np.uint8))
    pd.DataFrame({"face": np.array([], np.int32), "class_index": np.array([], np.int16)}).to_parquet(
        build / "augment/faces.parquet"
    )
    assert values(load(build).training) == [0, 2, 5]


def with_affect(build, valence, arousal):
    path = build / "split/faces.parquet"
    known = {"valence": np.array(valence, np.float32), "arousal": np.array(arousal, np.float32)}
    pd.read_parquet(path).assign(**known).to_parquet(path)
    return load_data(*(build / stage for stage in ("ingest", "split", "augment")), affect=True)


def test_valence_and_arousal_go_with_their_faces_and_with_the_copies_of_these(build):
    nan = np.nan
    data = with_affect(build, [0.5, nan, 0.25, 1.0, -0.5], [0.1, 0.2, nan, 1.0, nan])
    learnt = [[0.5, 0.1], [nan, 0.2], [-0.5, nan], [0.5, 0.1], [-0.5, nan]]  # faces 0, 2, 5, copies of 0 and 5
    np.testing.assert_array_equal(data.training.affect, np.array(learnt, np.float32))
    np.testing.assert_array_equal(data.validation.affect, np.array([[0.25, nan]], np.float32))
    assert data.training.known(np.array([0, 1])) == 1.5
    assert measure(data.training).digest != measure(load(build).training).digest


@pytest.mark.parametrize(("arousal", "missing"), [(np.nan, "valence or arousal"), (0.5, "valence")])
def test_learning_what_no_training_face_has_is_refused(build, arousal, missing):
    with pytest.raises(DataError, match=rf"no training face has a known {missing}: .*train\.affect to null"):
        with_affect(build, [np.nan, np.nan, 0.5, 0.5, np.nan], [arousal] * 5)


def test_a_class_without_a_training_face_is_named(build):
    (build / "split/classes.json").write_text(json.dumps(["angry", "happy", "disgust"]))
    with pytest.raises(DataError, match="no training face of disgust"):
        load(build)


def test_an_empty_validation_set_is_refused():
    faces = FaceSet(((np.zeros((2, 8, 8), np.uint8), np.arange(2)),), np.array([0, 1], np.int16))
    empty = FaceSet(((np.zeros((2, 8, 8), np.uint8), np.arange(0)),), np.array([], np.int16))
    with pytest.raises(DataError, match="no validation faces"):
        check(TrainingData(faces, empty, ("angry", "happy")))


def test_gathering_reads_each_part_by_its_own_positions():
    first, second = np.arange(10, dtype=np.uint8), np.arange(100, 110, dtype=np.uint8)
    parts = tuple(
        (part[:, None, None] * np.ones((1, 2, 2), np.uint8), rows)
        for part, rows in ((first, np.array([9, 1])), (second, np.array([5])))
    )
    faces = FaceSet(parts, np.zeros(3, np.int16))
    assert faces.images(np.array([1, 2]))[:, 0, 0, 0].tolist() == [1, 105]
    assert faces.images(np.array([0]))[:, 0, 0, 0].tolist() == [9]
    assert faces.images(np.array([0, 1])).shape == (2, 2, 2, 1)


def test_colour_faces_keep_their_channels():
    faces = FaceSet(((np.zeros((3, 4, 5, 3), np.uint8), np.arange(3)),), np.zeros(3, np.int16))
    assert faces.shape == (4, 5, 3)
    assert faces.images(np.array([0, 2])).shape == (2, 4, 5, 3)


def test_mean_and_spread_are_those_of_numpy_and_the_digest_sees_pixels_and_labels(monkeypatch):
    monkeypatch.setattr("mien.training.data.CHUNK_BYTES", 16 * 700)  # five chunks
    images = np.random.default_rng(0).integers(0, 256, (3000, 4, 4), dtype=np.uint8)
    labels = np.zeros(3000, np.int16)
    measured = measure(FaceSet(((images, np.arange(3000)),), labels))
    assert measured.mean == pytest.approx(images.mean(dtype=np.float64), rel=1e-12)
    assert measured.std == pytest.approx(images.std(dtype=np.float64), rel=1e-12)
    changed = images.copy()
    changed[2999, 3, 3] ^= 1
    other_labels = labels.copy()
    other_labels[7] = 1
    digests = {
        measured.digest,
        measure(FaceSet(((changed, np.arange(3000)),), labels)).digest,
        measure(FaceSet(((images, np.arange(3000)),), other_labels)).digest,
    }
    assert len(digests) == 3


def test_faces_of_one_gray_value_cannot_be_scaled():
    with pytest.raises(DataError, match="all pixels of 2 training faces have the value 7"):
        measure(FaceSet(((np.full((2, 8, 8), 7, np.uint8), np.arange(2)),), np.zeros(2, np.int16)))


def test_an_epoch_sees_every_face_once_in_an_order_of_its_own():
    epochs = [epoch_batches(100, 32, seed=3, epoch=epoch) for epoch in (0, 1)]
    for batches in epochs:
        assert sorted(np.concatenate(batches).tolist()) == list(range(100))
    assert [batch.tolist() for batch in epochs[0]] != [batch.tolist() for batch in epochs[1]]
    again = epoch_batches(100, 32, seed=3, epoch=1)
    assert all(np.array_equal(one, other) for one, other in zip(epochs[1], again, strict=True))
    assert not np.array_equal(epoch_batches(100, 32, seed=4, epoch=0)[0], epochs[0][0])


@pytest.mark.parametrize(("count", "sizes"), [(100, [25] * 4), (129, [43] * 3), (65, [33, 32]), (5, [5])])
def test_no_batch_is_larger_than_asked_and_none_is_a_mere_rest(count, sizes):
    limit = {100: 32, 129: 64, 65: 64, 5: 64}[count]
    assert [len(batch) for batch in epoch_batches(count, limit, 0, 0)] == sizes


@pytest.mark.parametrize(
    ("count", "limit", "devices", "sizes"),
    [(100, 32, 2, [26, 26, 24, 24]), (97, 33, 2, [26, 24, 24, 23]), (65, 10, 4, [8] * 8 + [1]), (3, 8, 8, [3])],
)
def test_several_devices_get_batches_that_they_can_share_but_for_one(count, limit, devices, sizes):
    batches = epoch_batches(count, limit, 0, 0, devices)
    assert [len(batch) for batch in batches] == sizes
    assert sorted(np.concatenate(batches).tolist()) == list(range(count))


def test_smoothed_targets_still_sum_to_one():
    smoothed = targets(4, 0.2)
    assert smoothed.sum(axis=1) == pytest.approx(1.0)
    assert smoothed[1].tolist() == pytest.approx([0.05, 0.85, 0.05, 0.05])
    assert np.array_equal(targets(4), np.eye(4, dtype=np.float32))


def test_balanced_weights_make_all_classes_equal():
    faces = FaceSet(((np.zeros((8, 2, 2), np.uint8), np.arange(8)),), np.array([0] * 6 + [1] * 2, np.int16))
    weights = balanced_weights(faces, 2)
    assert (weights * [6, 2]).tolist() == pytest.approx([4.0, 4.0])
