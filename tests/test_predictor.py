import keras
import numpy as np
import pytest

from mien.errors import DataError
from mien.model_file import ModelFacts, write_model
from mien.predictor import Predictor
from tests.training import tiny


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    keras.utils.set_random_seed(1)
    model = tiny.network("tiny", 3, shape=(8, 8, 1), mean=80.0, std=50.0)
    path = tmp_path_factory.mktemp("model") / "model.keras"
    write_model(model, ModelFacts(tiny.CLASSES, (8, 8, 1), 80.0, 50.0, "tiny"), path)
    return path


@pytest.fixture(scope="module")
def predictor(path):
    return Predictor.load(path)


def test_probabilities_are_those_of_the_model_in_its_order_of_classes(path, predictor):
    faces = tiny.drawn(7, 0)[0]
    probabilities = predictor.predict(faces)
    assert predictor.classes == tiny.CLASSES
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (7, 3)
    assert probabilities == pytest.approx(keras.models.load_model(path).predict(faces[..., None], verbose=0), abs=1e-6)


def test_batches_and_the_channel_axis_make_no_difference(predictor):
    faces = tiny.drawn(7, 0)[0]
    whole = predictor.predict(faces)
    assert predictor.predict(faces, batch_size=3) == pytest.approx(whole, abs=1e-6)
    assert predictor.predict(faces[..., None]) == pytest.approx(whole, abs=1e-6)


def test_only_the_named_faces_are_looked_at(predictor):
    faces = tiny.drawn(7, 0)[0]
    assert predictor.predict(faces, 2, np.array([5, 0, 3])) == pytest.approx(
        predictor.predict(faces[[5, 0, 3]]), abs=1e-6
    )


def test_batches_of_large_faces_are_small(predictor, monkeypatch):
    sizes = []
    answer = predictor.model.predict_on_batch
    monkeypatch.setattr("mien.predictor.BATCH_PIXELS", 8 * 8 * 2)
    monkeypatch.setattr(predictor.model, "predict_on_batch", lambda faces: sizes.append(len(faces)) or answer(faces))
    predictor.predict(tiny.drawn(7, 0)[0])
    assert sizes == [2, 2, 2, 1]


def test_a_second_head_answers_beside_the_probabilities(tmp_path, predictor):
    faces = tiny.drawn(7, 0)[0]
    assert predictor.answer(faces).affect is None
    keras.utils.set_random_seed(1)
    model = tiny.network("tiny", 3, shape=(8, 8, 1), mean=80.0, std=50.0, affect=True)
    facts = ModelFacts(tiny.CLASSES, (8, 8, 1), 80.0, 50.0, "tiny", affect=("valence", "arousal"))
    write_model(model, facts, tmp_path / "model.keras")
    both = Predictor.load(tmp_path / "model.keras")
    answers, expected = both.answer(faces, batch_size=3), model.predict(faces[..., None], verbose=0)
    assert both.facts.affect == ("valence", "arousal")
    assert answers.affect == pytest.approx(expected["affect"], abs=1e-6)
    assert answers.affect.dtype == np.float32
    assert both.predict(faces) == pytest.approx(expected["probabilities"], abs=1e-6)
    assert both.predict(faces) == pytest.approx(predictor.predict(faces), abs=1e-6), "the first head is as without it"


def test_no_faces_give_no_probabilities(predictor):
    assert predictor.predict(np.zeros((0, 8, 8), np.uint8)).shape == (0, 3)


@pytest.mark.parametrize(
    "faces",
    [
        np.zeros((2, 8, 8), np.float32),
        np.zeros((2, 9, 8), np.uint8),
        np.zeros((2, 8, 8, 3), np.uint8),
        np.zeros((8, 8), np.uint8),
    ],
)
def test_faces_of_another_kind_are_refused_with_what_is_wanted(predictor, faces):
    with pytest.raises(DataError, match=r"must be uint8 \(N, 8, 8, 1\) or \(N, 8, 8\)\. Received: .*"):
        predictor.predict(faces)


def test_a_missing_model_says_how_to_get_one(tmp_path):
    with pytest.raises(DataError, match="no such model. `dvc repro` trains one"):
        Predictor.load(tmp_path / "model.keras")
