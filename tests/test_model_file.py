import dataclasses
import json
import zipfile

import keras
import numpy as np
import pytest

from mien.errors import DataError
from mien.model_file import MEMBER, ModelFacts, read_facts, weights_digest, write_model
from mien.params import Preparation
from tests.training import tiny

FACTS = ModelFacts(("angry", "happy", "sad"), (8, 8, 1), 80.5, 50.25, "tiny", {"dropout": 0.1}, "f" * 64, "0.1.0")


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    return tiny.network("tiny", 3, shape=(8, 8, 1), mean=80.5, std=50.25)


def test_facts_come_back(model, tmp_path):
    write_model(model, FACTS, tmp_path / "model.keras")
    assert read_facts(tmp_path / "model.keras") == FACTS


def test_the_facts_say_how_a_picture_becomes_a_face(model, tmp_path):
    facts = dataclasses.replace(FACTS, shape=(96, 96, 3), crop_margin=0.2, align=True)
    write_model(model, facts, tmp_path / "model.keras")
    assert read_facts(tmp_path / "model.keras").preparation == Preparation(96, "rgb", 0.2, True)
    assert FACTS.preparation == Preparation(8, "gray")


def test_labels_meet_classes_as_they_were_learnt(model, tmp_path):
    write_model(model, dataclasses.replace(FACTS, merged={"disgust": "angry"}), tmp_path / "model.keras")
    facts = read_facts(tmp_path / "model.keras")
    assert [facts.class_of(label) for label in ("angry", "disgust", "fear", "")] == ["angry", "angry", None, None]


def test_keras_itself_loads_the_file(model, tmp_path):
    write_model(model, FACTS, tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    faces = tiny.drawn(5, 0)[0][..., None]
    assert np.array_equal(loaded.predict_on_batch(faces), model.predict_on_batch(faces))
    assert weights_digest(loaded) == weights_digest(model)


def test_the_same_weights_give_the_same_bytes(tmp_path):
    for name in ("a.keras", "b.keras"):
        keras.utils.set_random_seed(1)
        shared = keras.DTypePolicy("float32")  # by whose address Keras marks the layers that have it
        layers = [keras.layers.Dense(2, dtype=shared, name=f"dense_{number}") for number in range(2)]
        write_model(keras.Sequential([keras.Input((3,), name="in"), *layers], name="s"), FACTS, tmp_path / name)
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.keras") as archive:
        assert "date_saved" not in json.loads(archive.read("metadata.json"))


def test_the_digest_sees_each_weight_and_its_shape(model):
    before = weights_digest(model)
    changed = keras.models.clone_model(model)
    weights = model.get_weights()
    changed.set_weights(weights)
    assert weights_digest(changed) == before
    weights[-1][0] = np.nextafter(weights[-1][0], 1)
    changed.set_weights(weights)
    assert weights_digest(changed) != before


def test_a_crash_while_writing_leaves_the_old_model(model, tmp_path, monkeypatch):
    path = tmp_path / "model.keras"
    path.write_text("the old one")

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("mien.durable.os.fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        write_model(model, FACTS, path)
    assert path.read_text() == "the old one"


def test_what_is_no_model_of_ours_is_refused_by_name(model, tmp_path):
    with pytest.raises(DataError, match="no such model"):
        read_facts(tmp_path / "none.keras")
    (tmp_path / "text.keras").write_text("not a zip")
    with pytest.raises(DataError, match="not a whole Keras model"):
        read_facts(tmp_path / "text.keras")
    model.save(tmp_path / "plain.keras")
    with pytest.raises(DataError, match=f"has no {MEMBER}"):
        read_facts(tmp_path / "plain.keras")


def test_facts_of_another_version_are_refused_with_that_version(tmp_path):
    with zipfile.ZipFile(tmp_path / "newer.keras", "w") as archive:
        archive.writestr(MEMBER, json.dumps(dataclasses.asdict(FACTS) | {"mien": "9.1", "colour_of_hats": 3}))
    with pytest.raises(DataError, match=r"written by version 9\.1 of mien.*colour_of_hats.*Use that version, or train"):
        read_facts(tmp_path / "newer.keras")
