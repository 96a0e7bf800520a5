"""Learning valence and arousal beside the classes."""

import keras
import numpy as np
import pytest

from mien.errors import DataError
from mien.evaluation.affect import affect_figures
from mien.params import AffectParams
from mien.predictor import Predictor
from mien.training.affect import affect_loss
from mien.training.trainer import train_model
from tests.training import tiny

NAN = np.nan


def loss(kind, truth, said):
    made = affect_loss(AffectParams(loss=kind), lambda sums: sums)
    return float(made(np.array(truth, np.float32), np.array(said, np.float32)))


def drawn(count, unknown, seed=0):
    generator = np.random.default_rng(seed)
    truth = generator.uniform(-1, 1, (count, 2))
    said = np.tanh(truth + generator.normal(0, 0.4, (count, 2)))
    truth[generator.random((count, 2)) < unknown] = NAN
    return truth, said


def test_the_squared_error_is_of_the_known_values_alone():
    assert loss("mse", [[0.5, NAN], [NAN, NAN]], [[0.0, 0.9], [0.7, 0.7]]) == pytest.approx(0.25 / 4)
    truth, said = drawn(50, 0.0)
    assert loss("mse", truth, said) == pytest.approx(np.square(truth - said).mean(), rel=1e-5)


@pytest.mark.parametrize("unknown", [0.0, 0.5])
def test_discordance_is_one_minus_the_concordance_that_the_evaluation_finds(unknown):
    truth, said = drawn(60, unknown)
    figures = affect_figures(truth, said)
    shares = [figures[name]["n"] / 60 for name in ("valence", "arousal")]
    expected = [share * (1 - figures[name]["ccc"]) for share, name in zip(shares, figures, strict=True)]
    assert loss("ccc", truth, said) == pytest.approx(np.mean(expected), rel=1e-4)


@pytest.mark.parametrize("kind", ["mse", "ccc"])
@pytest.mark.parametrize("known", [0, 1, 2])
def test_a_batch_in_which_little_is_known_has_finite_gradients_that_leave_the_unknown_alone(kind, known):
    tf = pytest.importorskip("tensorflow")
    truth = np.full((4, 2), NAN, np.float32)
    truth[:known] = np.array([[0.2, -0.3], [0.4, 0.1]])[:known]
    said = tf.Variable(np.full((4, 2), 0.25, np.float32))
    with tf.GradientTape() as tape:
        value = affect_loss(AffectParams(loss=kind), lambda sums: sums)(truth, said)
    gradient = tape.gradient(value, said).numpy()
    assert np.isfinite(value.numpy())
    assert np.isfinite(gradient).all()
    assert not gradient[known:].any()
    assert (np.abs(gradient[:known]).max(initial=0) > 0) == (known > (kind == "ccc"))


def train(folder, data, **changes):
    params = tiny.params(optimizer={"learning_rate": 0.02}, **changes)
    return train_model(data, params, folder, tell=lambda _: None, build=tiny.network)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mse", "ccc"])
def test_both_heads_learn_where_half_of_the_values_are_not_known(kind, tmp_path):
    data = tiny.with_affect(tiny.data(192, 60), unknown=0.5)
    trained = train(tmp_path, data, epochs=10, affect={"weight": 1.0, "loss": kind}, **tiny.EVERYTHING)
    answers = Predictor(trained.network, trained.facts).answer(data.validation.images(np.arange(60)))
    figures = affect_figures(data.validation.affect, answers.affect)
    assert all(figure["ccc"] > 0.7 for figure in figures.values())
    assert (answers.probabilities.argmax(axis=1) == data.validation.labels).mean() > 0.8
    assert trained.facts.affect == ("valence", "arousal")
    assert trained.history[-1].val_affect_loss < trained.history[0].val_affect_loss


@pytest.mark.slow
def test_the_figures_are_those_of_the_known_values_and_of_the_classes_alone(tmp_path):
    data = tiny.with_affect(tiny.data(), unknown=0.5)
    trained = train(tmp_path, data, epochs=2, affect={})
    said = trained.network.predict(data.validation.images(np.arange(30)), verbose=0)
    error = np.nanmean(np.square(said["affect"] - data.validation.affect))
    assert trained.history[-1].val_affect_loss == pytest.approx(error, rel=1e-4)
    crossed = keras.losses.sparse_categorical_crossentropy(data.validation.labels, said["probabilities"])
    assert trained.history[-1].val_loss == pytest.approx(float(np.mean(crossed)), rel=1e-4)


@pytest.mark.slow
def test_gone_on_from_a_checkpoint_both_heads_end_with_the_same_weights(tmp_path):
    data, settings = tiny.with_affect(tiny.data()), {"epochs": 4, "affect": {"loss": "ccc"}, **tiny.EVERYTHING}

    def stop(report):
        if report.epoch == 1:
            raise KeyboardInterrupt

    whole = train(tmp_path / "whole", data, **settings)
    with pytest.raises(KeyboardInterrupt):
        train_model(
            data,
            tiny.params(optimizer={"learning_rate": 0.02}, **settings),
            tmp_path / "cut",
            on_epoch=stop,
            tell=lambda _: None,
            build=tiny.network,
        )
    resumed = train(tmp_path / "cut", data, **settings)
    assert resumed.resumed_after == 2
    assert resumed.facts.weights_sha256 == whole.facts.weights_sha256


def test_without_any_label_nothing_is_begun(tmp_path):
    with pytest.raises(DataError, match="no training face has a known valence or arousal"):
        train(tmp_path, tiny.with_affect(tiny.data(), unknown=1.0), affect={})
    assert not any(tmp_path.iterdir())
