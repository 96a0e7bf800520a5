import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mien.model_file import ModelFacts, write_model
from mien.params import RegisterParams
from tasks.register import register
from tasks.tracking.run import open_run
from tasks.tracking.store import open_store
from tests.tasks.judged import CLASSES, write_judged


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("PIPELINE_KEY", "test-pass")
    return tmp_path


def tiny_model(path: Path) -> None:
    import keras

    keras.utils.set_random_seed(1)
    layers = [keras.Input((48, 48, 1), dtype="uint8"), keras.layers.Rescaling(1 / 255), keras.layers.Flatten()]
    model = keras.Sequential([*layers, keras.layers.Dense(2, activation="softmax")])
    facts = ModelFacts(classes=tuple(CLASSES), shape=(48, 48, 1), mean=0.0, std=255.0, network="tiny")
    write_model(model, facts, path)


def two_headed_model(path: Path) -> None:
    import keras

    faces = keras.Input((48, 48, 1), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(faces))
    said = {
        "probabilities": keras.layers.Dense(2, activation="softmax")(x),
        "affect": keras.layers.Dense(2, activation="tanh")(x),
    }
    facts = ModelFacts(tuple(CLASSES), (48, 48, 1), 0.0, 255.0, "tiny", affect=("valence", "arousal"))
    write_model(keras.Model(faces, said), facts, path)


def run_register():
    with open_run("register") as run:
        return register(RegisterParams(), run)


@pytest.mark.slow
def test_a_model_that_fails_a_gate_is_not_registered_and_that_is_no_error(project):
    write_judged(project, accuracy=0.3)
    tiny_model(project / "build/train/model.keras")
    outcome = run_register()
    assert outcome.metrics == {"registered": 0}
    assert "(limits: register.gates in params.yaml)" in outcome.notes[0]
    assert "min_accuracy: 0.3000, must be at least 0.5" in "\n".join(outcome.notes)
    assert json.loads((project / "build/register/registered.json").read_text())["registered"] is False
    assert not open_store().client.search_registered_models()


@pytest.mark.slow
def test_a_model_that_passes_is_a_version_that_a_clean_process_can_use(project, monkeypatch):
    write_judged(project, accuracy=0.8)
    path = project / "build/train/model.keras"
    tiny_model(path)
    notes = "\n".join(run_register().notes)
    assert "registered as version 1 of 'mien' with alias 'challenger'" in notes
    assert "official accuracy 80.0% (75.0% to 85.0%)" in notes
    client = open_store().client
    version = client.get_model_version_by_alias("mien", "challenger")
    assert json.loads(version.tags["classes"]) == CLASSES
    assert version.tags["temperature"] == "1.2"
    assert version.tags["input"].startswith("uint8 faces, 48 x 48 pixels, gray")
    assert version.tags["official.accuracy"] == "0.8"
    kept = client.download_artifacts(*version.tags["test.held_out"].removeprefix("runs:/").split("/", 1), str(project))
    assert Path(kept).read_text() == "0123456789abcdef\n"
    assert version.description.startswith("# mien: facial expressions")
    assert not client.get_registered_model("mien").aliases.get("champion")
    again = "\n".join(run_register().notes)
    assert "registered before as version 1" in again
    assert len(client.search_model_versions("name = 'mien'")) == 1

    monkeypatch.setenv("PIPELINE_KEY", "a-later-pass")
    for _ in range(2):
        run_register()
    later = client.search_runs([open_store().experiment_id], max_results=1)[0]
    (logged,) = client.search_logged_models([open_store().experiment_id])
    assert [output.model_id for output in later.outputs.model_outputs] == [logged.model_id]

    faces = np.arange(2 * 48 * 48, dtype=np.uint64).astype(np.uint8).reshape(2, 48, 48, 1)
    np.save(project / "faces.npy", faces)
    code = (
        "import mlflow, numpy as np\n"
        f"mlflow.set_tracking_uri('sqlite:///{project}/mlflow.db')\n"
        "model = mlflow.pyfunc.load_model('models:/mien@challenger')\n"
        "print(model.metadata.metadata['classes'])\n"
        f"print(model.predict(np.load('{project}/faces.npy')).sum(axis=1).round(5).tolist())\n"
        "import sys; assert not [name for name in sys.modules if name.split('.')[0] in ('mien', 'tasks')]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()  # Keras' progress bar stands between them
    assert (lines[0], lines[-1]) == (str(CLASSES), "[1.0, 1.0]")
    stored = next((project / "mlartifacts").rglob("model.keras"))
    assert hashlib.md5(stored.read_bytes()).digest() == hashlib.md5(path.read_bytes()).digest()


@pytest.mark.slow
def test_a_model_that_tells_valence_and_arousal_gives_both_answers_by_name_to_a_clean_process(project):
    write_judged(project, accuracy=0.8)
    two_headed_model(project / "build/train/model.keras")
    run_register()
    code = (
        "import mlflow, numpy as np\n"
        f"mlflow.set_tracking_uri('sqlite:///{project}/mlflow.db')\n"
        "model = mlflow.pyfunc.load_model('models:/mien@challenger')\n"
        "said = model.predict(np.zeros((3, 48, 48, 1), np.uint8))\n"
        "print({name: (said[name].shape, str(said[name].dtype)) for name in sorted(said)})\n"
        "print(sorted(spec.name for spec in model.metadata.signature.outputs), model.metadata.metadata['affect'])\n"
        "import sys; assert not [name for name in sys.modules if name.split('.')[0] in ('mien', 'tasks')]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers, outputs = done.stdout.splitlines()[-2:]
    assert answers == "{'affect': ((3, 2), 'float32'), 'probabilities': ((3, 2), 'float32')}"
    assert outputs == "['affect', 'probabilities'] ['valence', 'arousal']"
