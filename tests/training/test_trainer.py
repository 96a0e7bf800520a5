import dataclasses
import math

import keras
import numpy as np
import pytest

from mien.errors import DataError, TrainingError
from mien.training.checkpoints import CheckpointStore
from mien.training.data import FaceSet, TrainingData
from mien.training.learner import Figures, Learner
from mien.training.trainer import train_model
from tests.training import tiny

FAST = {"optimizer": {"learning_rate": 0.03}, "epochs": 5}


class Stop(BaseException):
    """A process that dies."""


def dies_after(epochs):
    def on_epoch(report):
        if report.epoch + 1 == epochs:
            raise Stop

    return on_epoch


class Trainings:
    """Trains with the tiny network in one folder and remembers what was told."""

    def __init__(self, folder):
        self.folder, self.told, self.seen = folder, [], []

    def train(self, params=None, data=None, build=tiny.network, on_epoch=None):
        self.told, self.seen = [], []
        return train_model(
            data or tiny.data(),
            params or tiny.params(),
            self.folder,
            on_epoch=on_epoch or (lambda report: self.seen.append(report.epoch)),
            tell=self.told.append,
            build=build,
        )

    def die(self, epochs, **arguments):
        with pytest.raises(Stop):
            self.train(on_epoch=dies_after(epochs), **arguments)


@pytest.fixture
def trainings(tmp_path):
    return Trainings(tmp_path / "checkpoints")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Four epochs with everything that could differ after a resume."""
    return Trainings(tmp_path_factory.mktemp("uninterrupted")).train(tiny.params(**tiny.EVERYTHING))


def scripted_losses(monkeypatch, losses):
    """Validation losses by epoch, whatever the network says."""
    left = iter(losses)
    monkeypatch.setattr(Learner, "judge", lambda *_: Figures(next(left), 0.5))


def test_a_network_learns_and_says_what_it_is(trainings):
    trained = trainings.train(tiny.params(**FAST), dataclasses.replace(tiny.data(), merged={"disgust": "angry"}))
    assert trained.history[-1].val_accuracy > 0.8
    assert trained.history[-1].loss < trained.history[0].loss
    assert [report.epoch for report in trained.history] == trainings.seen == list(range(5))
    assert trained.facts.classes == tiny.CLASSES
    assert trained.facts.shape == (8, 8, 1)
    assert trained.facts.network == "blog_cnn"
    assert trained.facts.merged == {"disgust": "angry"}
    assert not trainings.told


def test_a_resumed_training_ends_with_the_weights_of_an_uninterrupted_one(trainings, uninterrupted):
    params = tiny.params(**tiny.EVERYTHING)
    trainings.die(2, params=params)
    resumed = trainings.train(params)
    assert resumed.facts == uninterrupted.facts
    assert resumed.resumed_after == 2
    assert trainings.seen == [0, 1, 2, 3]
    assert trainings.told == ["going on after epoch 2 of 4, from its checkpoint."]
    timeless = [(report.loss, report.val_loss, report.learning_rate) for report in resumed.history]
    assert timeless == [(report.loss, report.val_loss, report.learning_rate) for report in uninterrupted.history]


def test_a_damaged_checkpoint_costs_an_epoch_and_changes_nothing(trainings, uninterrupted):
    params = tiny.params(**tiny.EVERYTHING)
    trainings.die(3, params=params)
    damaged = next(trainings.folder.glob("*/epoch-000003/weights.npz"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    resumed = trainings.train(params)
    assert resumed.resumed_after == 2
    assert resumed.facts.weights_sha256 == uninterrupted.facts.weights_sha256
    assert "epoch-000003 is damaged" in trainings.told[0]


def test_a_checkpoint_of_other_settings_or_faces_is_not_used_and_not_lost(trainings):
    trainings.die(1)
    trainings.die(1, params=tiny.params(batch_size=16), data=tiny.data(training=80))
    assert "train.batch_size (32 there, 16 here)" in trainings.told[0]
    assert "data.training" in trainings.told[0]
    assert len(list(trainings.folder.glob("*/epoch-000001"))) == 2


def test_an_option_that_is_written_out_and_another_name_of_the_weights_file_are_the_same_training(trainings):
    trainings.train(tiny.params(network={"name": "blog_cnn"}, epochs=1))
    assert trainings.train(tiny.params(network={"name": "blog_cnn", "dropout": 0.3}, epochs=1)).resumed_after == 1
    for name in ("one.h5", "two.h5"):
        network = {"name": "backbone", "weights": name, "weights_sha256": 64 * "0"}
        again = trainings.train(tiny.params(network=network, unfreeze=[], epochs=1), build=tiny.backbone)
    assert again.resumed_after == 1


def test_the_weights_of_the_best_epoch_are_the_result(trainings, monkeypatch):
    saved = []
    monkeypatch.setattr(CheckpointStore, "save", lambda _, checkpoint: saved.append(checkpoint.arrays["weights"]))
    scripted_losses(monkeypatch, [1.0, 0.5, 0.9, 0.8])
    params = tiny.params(epochs=9, early_stopping={"monitor": "val_loss", "patience": 2})
    stopped = trainings.train(params, tiny.data(validation=8))
    assert (len(stopped.history), stopped.best_epoch, stopped.stopped_early) == (4, 1, True)
    result = stopped.network.get_weights()
    assert [all(map(np.array_equal, result, weights)) for weights in saved] == [False, True, False, False]


def test_a_training_that_had_ended_only_gives_its_result_again(trainings, monkeypatch):
    params = tiny.params(epochs=9, early_stopping={"monitor": "val_loss", "patience": 1})
    scripted_losses(monkeypatch, [0.5, 1.0])
    first = trainings.train(params, tiny.data(validation=8))
    again = trainings.train(params, tiny.data(validation=8))
    assert again.facts == first.facts
    assert (again.resumed_after, again.stopped_early, again.best_epoch) == (2, True, 0)


def test_a_loss_that_is_no_number_stops_at_its_batch_and_keeps_the_last_good_epoch(trainings, monkeypatch):
    real, steps = Learner.step, iter(range(99))
    monkeypatch.setattr(
        Learner, "step", lambda *a: Figures(math.nan, 0.0) if next(steps) == 4 else real(*a)
    )  # 3 batches an epoch
    with pytest.raises(TrainingError, match=r"the loss is nan in epoch 2, batch 2 of 3.*learning_rate \(0.001\)"):
        trainings.train()
    assert [path.name for path in trainings.folder.glob("*/*")] == ["epoch-000001"]


def test_a_network_that_explodes_is_stopped_in_its_first_batch(trainings):
    def build(*arguments, **options):
        options["std"] = 1e-36
        return tiny.network(*arguments, **options)

    with pytest.raises(TrainingError, match="the loss is .* in epoch 1, batch 1 of 3"):
        trainings.train(build=build)


def test_balanced_class_weights_give_a_rare_class_its_due(trainings):
    """The same face nine times `angry`, once `sad`: it is 10 % sad, with weights half."""
    images = np.zeros((100, 8, 8), np.uint8)
    images[::2] = 200  # two faces, so that there is a spread; labels do not depend on them
    labels = np.array(([0] * 18 + [1] * 2) * 5, np.int16)
    faces = FaceSet(((images, np.arange(100)),), labels)
    params = tiny.params(class_weight="balanced", optimizer={"learning_rate": 0.1}, epochs=10)
    trained = trainings.train(params, TrainingData(faces, faces, ("angry", "sad")))
    assert 0.35 < trained.network.predict_on_batch(images[:2, ..., None])[:, 1].mean() < 0.65


def test_validation_figures_are_the_plain_cross_entropy(tmp_path):
    """Label smoothing and online changes alter what is learnt, not how it is judged."""
    changes = {"label_smoothing": 0.3, "augment_online": {"rotation": 90, "shift": 0.4}}
    trained = Trainings(tmp_path).train(tiny.params(**FAST, **changes))
    data = tiny.data()
    probabilities = trained.network.predict_on_batch(data.validation.images(np.arange(30)))
    plain = -np.log(probabilities[np.arange(30), data.validation.labels]).mean()
    assert trained.history[-1].val_loss == pytest.approx(plain, rel=1e-4)


def test_online_changes_are_no_part_of_the_network_that_is_kept(uninterrupted):
    kinds = [type(layer).__name__ for layer in uninterrupted.network.layers]
    assert kinds == ["InputLayer", "Rescaling", "Flatten", "Dense", "BatchNormalization", "Dropout", "Dense"]


@pytest.mark.slow
def test_xla_compiles_the_step_with_online_changes_and_resumes_too(trainings, tmp_path):
    params = tiny.params(**tiny.EVERYTHING, jit_compile=True)
    whole = Trainings(tmp_path / "whole").train(params)
    trainings.die(2, params=params)
    assert trainings.train(params).facts == whole.facts


def test_a_gpu_that_is_not_there_is_an_error_before_any_work(trainings, monkeypatch):
    monkeypatch.setattr("mien.training.devices.gpus", list)
    with pytest.raises(TrainingError, match="train.device is gpu, but .* sees no GPU"):
        trainings.train(tiny.params(device="gpu"))
    assert not trainings.folder.exists()


def test_half_precision_on_a_cpu_is_ignored_and_said(trainings):
    policies = []

    def build(*arguments, **options):
        policies.append(keras.config.dtype_policy().name)
        raise Stop

    with pytest.raises(Stop):
        trainings.train(tiny.params(mixed_precision=True, device="cpu"), build=build)
    assert "mixed_precision is ignored" in trainings.told[0]
    assert policies == ["float32"]


def test_half_precision_is_used_for_learning_only(trainings, monkeypatch):
    monkeypatch.setattr("mien.training.trainer.has_bfloat16", lambda device: True)
    dtypes = []

    def build(*arguments, **options):
        network = tiny.network(*arguments, **options)
        dtypes.append(network.layers[3].compute_dtype)
        return network

    trained = trainings.train(tiny.params(mixed_precision=True, epochs=1), build=build)
    assert dtypes == ["bfloat16", "float32"]
    assert trained.network.predict_on_batch(tiny.drawn(4, 0)[0][..., None]).dtype == np.float32


def test_nothing_to_learn_from_is_refused(trainings):
    empty = FaceSet(((np.zeros((1, 8, 8), np.uint8), np.arange(0)),), np.array([], np.int16))
    with pytest.raises(DataError, match="no training faces"):
        trainings.train(data=TrainingData(empty, tiny.face_set(3, 2), tiny.CLASSES))
