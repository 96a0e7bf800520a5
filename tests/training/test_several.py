"""Several devices learn as one. Those of these tests are halves of a CPU."""

import importlib.util
import json
import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from mien.predictor import Predictor
from tests.training import several, tiny

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def backend(request):
    if not importlib.util.find_spec(request.param):
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture(scope="module")
def uninterrupted(backend, tmp_path_factory):
    """Two devices, with everything that could differ after a resume."""
    return trained(tmp_path_factory.mktemp("uninterrupted"), backend, 2, tiny.EVERYTHING)


def run(folder, backend, *arguments):
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", several.__name__, folder, *arguments]
    return subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True, check=False)


def trained(folder, backend, count, params):
    child = run(folder, backend, count, json.dumps(params))
    assert child.returncode == 0, child.stderr
    return json.loads((folder / "result.json").read_text())


def test_two_devices_learn_what_one_does_and_leave_a_model_for_one(backend, tmp_path):
    one, two = (trained(tmp_path / str(count), backend, count, several.NO_CHANCE) for count in (1, 2))
    assert two["told"] == ["learning on 2 devices together (cpu:0, cpu:1), at most 32 faces in a batch."]
    assert one["told"] == []
    assert np.allclose(two["history"], one["history"], atol=1e-5)
    first, second = (keras.models.load_model(tmp_path / count / "model.keras", compile=False) for count in "12")
    for weights, others in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_allclose(weights, others, atol=1e-5)
    images, labels = tiny.drawn(90, 1)
    found = Predictor.load(tmp_path / "2" / "model.keras").predict(images).argmax(axis=1)
    assert (found == labels).mean() > 0.9


def test_two_devices_have_the_concordance_of_the_whole_batch(backend, tmp_path):
    settings = {**several.NO_CHANCE, "affect": {"loss": "ccc"}}
    one, two = (trained(tmp_path / str(count), backend, count, settings) for count in (1, 2))
    assert len(one["history"][0]) == 7
    assert np.allclose(two["history"], one["history"], atol=1e-5)


def test_killed_on_two_devices_training_goes_on_and_ends_with_the_same_weights(backend, tmp_path, uninterrupted):
    killed = run(tmp_path, backend, 2, json.dumps(tiny.EVERYTHING), 7)  # in the third epoch
    assert killed.returncode == -signal.SIGKILL
    resumed = trained(tmp_path, backend, 2, tiny.EVERYTHING)
    assert resumed["resumed_after"] == 2
    assert resumed["weights"] == uninterrupted["weights"]


def test_killed_between_two_steps_of_unfreezing_two_devices_end_with_the_same_weights(backend, tmp_path):
    settings = {**tiny.EVERYTHING, **tiny.IN_STEPS}
    whole = trained(tmp_path / "whole", backend, 2, settings)
    assert run(tmp_path / "killed", backend, 2, json.dumps(settings), 10).returncode == -signal.SIGKILL  # in the fourth
    resumed = trained(tmp_path / "killed", backend, 2, settings)
    assert resumed["resumed_after"] == 3
    assert resumed["weights"] == whole["weights"]


def test_what_two_devices_began_one_can_finish(backend, tmp_path, uninterrupted):
    run(tmp_path, backend, 2, json.dumps(tiny.EVERYTHING), 7)
    resumed = trained(tmp_path, backend, 1, tiny.EVERYTHING)
    assert resumed["resumed_after"] == 2
    assert resumed["history"][:2] == uninterrupted["history"][:2]


def test_a_batch_size_that_is_no_multiple_of_the_devices_becomes_one(backend, tmp_path):
    odd, even = ({"batch_size": size, "epochs": 1, "jit_compile": True} for size in (33, 32))
    first, second = trained(tmp_path / "odd", backend, 2, odd), trained(tmp_path / "even", backend, 2, even)
    assert "at most 32 faces in a batch" in first["told"][0]
    assert first["weights"] == second["weights"]
    assert (backend == "tensorflow") == ("train.jit_compile is ignored" in " ".join(first["told"]))


HALVES = """
from tests.training import several
several.divide_cpu(2)
import keras
import numpy as np
import tensorflow as tf
from mien.training.replicas import Mirrored

devices, seen = Mirrored(["cpu:0", "cpu:1"]), []

def loss(targets, said):
    if tf.executing_eagerly():  # not yet so when Keras builds it
        seen.append(targets.numpy().ravel().tolist())
    return said

with devices.scope():
    faces = keras.Input((1,))
    model = devices.model(keras.Model(faces, keras.layers.Dense(1)(faces)))
    model.compile("sgd", loss, run_eagerly=True)
    model.train_on_batch(np.zeros((6, 1)), np.arange(6.0)[:, None])
    model.test_on_batch(np.zeros((4, 1)), np.arange(4.0)[:, None])
    generator = keras.random.SeedGenerator(0)
    devices.seed(generator.state, 7)
    draws = tf.distribute.get_strategy().run(lambda: keras.random.uniform((3,), seed=generator))
print([sorted(seen), [part.numpy().tolist() for part in draws.values]])
"""


def test_each_of_two_devices_learns_from_every_second_face_and_draws_numbers_of_its_own():
    child = subprocess.run([sys.executable, "-c", HALVES], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    seen, (first, second) = json.loads(child.stdout)
    assert seen == [[0, 2], [0, 2, 4], [1, 3], [1, 3, 5]]
    assert not set(first) & set(second)


SECOND = """
import sys
from pathlib import Path
from tests.training import several, tiny
several.divide_cpu(2)
for number, params in enumerate((several.NO_CHANCE, tiny.EVERYTHING)):
    several.learn(Path(sys.argv[1]) / str(number), params)
"""


def test_a_process_can_train_twice_on_two_devices(tmp_path):
    for number in "01":
        (tmp_path / number).mkdir()
    child = subprocess.run([sys.executable, "-c", SECOND, str(tmp_path)], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    assert len(json.loads((tmp_path / "1" / "result.json").read_text())["history"]) == 4
