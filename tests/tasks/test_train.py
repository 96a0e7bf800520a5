import json
import re
import signal
import time

import pandas as pd
import pytest

from mien import networks
from mien.errors import ParamsError, TrainingError
from mien.predictor import Predictor
from mien.training.checkpoints import CheckpointStore
from tasks.train import check_role, train_and_write
from tasks.train_worker import work
from tests.tasks import trained
from tests.training import killing, tiny


@pytest.fixture
def build(tmp_path, monkeypatch):
    """The folder build/, seen from the current directory."""
    trained.prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(networks, "NETWORKS", {"blog_cnn": trained.Tiny})
    return tmp_path / "build"


def test_the_stage_leaves_a_model_that_predicts_and_its_history_and_nothing_else(build, capsys):
    epochs = []
    outcome = train_and_write(tiny.params(optimizer={"learning_rate": 0.03}, epochs=5), epochs.append)
    assert sorted(path.name for path in (build / "train").iterdir()) == ["checkpoints", "history.csv", "model.keras"]
    predictor = Predictor.load(build / "train/model.keras")
    images, labels = tiny.drawn(90, 1)
    assert (predictor.predict(images[80:]).argmax(axis=1) == labels[80:]).mean() > 0.7
    assert predictor.classes == tiny.CLASSES
    history = pd.read_csv(build / "train/history.csv")
    assert history["epoch"].tolist() == [0, 1, 2, 3, 4]
    assert history["val_accuracy"].tolist() == [report.val_accuracy for report in epochs]
    assert outcome.metrics["val_accuracy"] == epochs[-1].val_accuracy
    assert outcome.metrics["epochs"] == 5
    assert outcome.artifacts == ["history.csv"]
    assert "5 epochs; best is 5: validation accuracy" in outcome.notes[0]
    assert predictor.facts.weights_sha256[:16] in outcome.notes[1]
    assert re.fullmatch(r"train: \d+ s, [\d,]+ images/s\n", capsys.readouterr().err), "a pipe is not flooded"


@pytest.mark.slow
def test_where_the_settings_ask_for_it_the_model_tells_valence_and_arousal(build):
    epochs = []
    params = tiny.params(optimizer={"learning_rate": 0.03}, epochs=5, affect={"weight": 1.0})
    train_and_write(params, epochs.append)
    predictor = Predictor.load(build / "train/model.keras")
    answers = predictor.answer(tiny.drawn(90, 1)[0])
    assert answers.affect.shape == (90, 2)
    history = pd.read_csv(build / "train/history.csv")
    assert history["val_affect_loss"].tolist() == [report.val_affect_loss for report in epochs]
    assert history["affect_loss"].tolist() == [report.figures()["affect_loss"] for report in epochs]


def test_one_of_several_processes_says_when_it_is_started_as_another(build, monkeypatch):
    params = tiny.params(strategy="multi_worker")
    with pytest.raises(TrainingError, match="TF_CONFIG says who learns together, but the environment variable is not"):
        check_role(params, chief=True)
    cluster = {"worker": ["one:1", "two:1"]}
    for index, program in enumerate(("as always", "python -m tasks.train_worker")):
        config = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        monkeypatch.setenv("TF_CONFIG", json.dumps(config))
        check_role(params, chief=index == 0)
        with pytest.raises(TrainingError, match=f"this process is (chief|worker) {index} .* Start it .*{program}"):
            check_role(params, chief=index == 1)
    with pytest.raises(ParamsError, match="train.strategy is one: one process learns"):
        work(tiny.params(strategy="one"))


def test_killed_before_dvc_has_taken_the_outputs_nothing_is_trained_again(build):
    epochs = []
    train_and_write(tiny.params(), epochs.append)
    model = (build / "train/model.keras").read_bytes()
    (build / "train/model.keras").unlink()  # as DVC does before it runs a stage
    again = []
    train_and_write(tiny.params(), again.append)
    assert again == epochs
    assert (build / "train/model.keras").read_bytes() == model


def test_killed_between_the_outputs_and_the_end_nothing_is_trained_again(build, monkeypatch, capsys):
    def die(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(CheckpointStore, "finish", die)
        with pytest.raises(KeyboardInterrupt):
            train_and_write(tiny.params())
    written = {name: (build / "train" / name).read_bytes() for name in ("model.keras", "history.csv")}
    for name in written:  # as DVC does before it runs a stage
        (build / "train" / name).unlink()
    train_and_write(tiny.params())
    assert "gone on after epoch 4" in capsys.readouterr().err
    assert written == {name: (build / "train" / name).read_bytes() for name in written}
    assert len(list(build.glob("train/checkpoints/*/epoch-??????"))) == 1


@pytest.mark.slow
def test_sigterm_leaves_in_order_with_the_last_epoch_kept(build):
    process = killing.start(trained.run, build.parent, tiny.params(epochs=10_000))
    deadline = time.monotonic() + 120
    while (
        not list(build.glob("train/checkpoints/*/epoch-??????")) and process.is_alive() and time.monotonic() < deadline
    ):
        time.sleep(0.01)
    process.terminate()
    process.join(10)
    assert process.exitcode == 128 + signal.SIGTERM
    assert list(build.glob("train/checkpoints/*/epoch-??????"))
    assert not (build / "train/model.keras").exists()
