"""The stage `train` with a backbone of `keras.applications`."""

import hashlib
from pathlib import Path

import keras
import numpy as np
import pytest

from mien import networks
from mien.predictor import Predictor
from tasks.train import train_and_write
from tests.tasks import trained
from tests.training import tiny

pytestmark = pytest.mark.slow

SMALL = {"name": "backbone", "size": 32}
FILE = Path("own.weights.h5")


@pytest.fixture
def build(tmp_path, monkeypatch):
    trained.prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "build"


def inner(model):
    return next(layer for layer in model.layers if isinstance(layer, keras.Model))


def test_a_weights_file_is_learnt_on_step_by_step_and_needed_no_more_afterwards(build):
    source = inner(networks.build("backbone", size=32))
    source.save_weights(FILE)
    digest = hashlib.sha256(FILE.read_bytes()).hexdigest()
    network = {**SMALL, "weights": str(FILE), "weights_sha256": digest}
    steps = [{"after_epochs": 1, "blocks": 1}]
    outcome = train_and_write(tiny.params(network=network, unfreeze=steps, epochs=2))
    FILE.unlink()
    predictor = Predictor.load(build / "train/model.keras")
    assert predictor.predict(tiny.drawn(4, 0)[0]).shape == (4, 3)
    learnt = {
        layer.name
        for layer, before in zip(inner(predictor.model).layers, source.layers, strict=True)
        if not all(map(np.array_equal, layer.get_weights(), before.get_weights()))
    }
    assert learnt == {"conv_1"}
    assert predictor.facts.options == {"size": 32, "weights_sha256": digest}  # the content, wherever it lay
    assert not [note for note in outcome.notes if "random" in note]


def test_without_a_file_the_stage_says_that_it_starts_from_random_weights(build, capsys):
    outcome = train_and_write(tiny.params(network=SMALL, unfreeze=[{"after_epochs": 1}], epochs=1))
    assert "starts from random weights (train.network.weights names no file), and everything learns" in outcome.notes[0]
    assert f"train: {outcome.notes[0]}" in capsys.readouterr().err
