import json

import numpy as np
import pandas as pd
import pytest

from mien.errors import DataError
from mien.model_file import ModelFacts, write_model
from mien.params import EvaluateParams
from mien.presets import load_preset
from tasks.evaluate import flat, judge_and_write
from tests.answers import history, images, split_table

CLASSES = ("angry", "happy", "sad")
PARAMS = EvaluateParams(bootstrap_samples=100, batch_size=64)


def network(pooling=True):
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.Input((48, 48, 1), dtype="uint8"), keras.layers.Rescaling(1 / 255)]
    if pooling:
        layers += [keras.layers.Conv2D(3, 3), keras.layers.MaxPooling2D(name="pool")]
    layers += [keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")]
    return keras.Sequential(layers)


def write_build(root, model, classes=CLASSES, affect=()):
    """What evaluate cannot do without."""
    for stage in ("ingest", "split", "train", "evaluate"):
        (root / "build" / stage).mkdir(parents=True)
    np.save(root / "build" / "ingest" / "images.npy", images(60))
    table = split_table(60, CLASSES)
    table.loc[table["face"] % 2 == 0, "split"] = "train"
    table.to_parquet(root / "build" / "split" / "faces.parquet")
    (root / "build" / "split" / "classes.json").write_text(json.dumps(CLASSES), encoding="utf-8")
    facts = ModelFacts(tuple(classes), (48, 48, 1), 0, 255, "tiny", affect=affect)
    write_model(model, facts, root / "build" / "train" / "model.keras")
    history().to_csv(root / "build" / "train" / "history.csv", index=False)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_evaluate_writes_figures_tables_pictures_and_the_report(tmp_path, monkeypatch):
    write_build(tmp_path, network())
    monkeypatch.chdir(tmp_path)
    outcome = judge_and_write(PARAMS)
    folder = tmp_path / "build" / "evaluate"
    written = contents(folder)
    charts = (
        "confusion",
        "guesses",
        "features",
        "learning_curve",
        "mistakes",
        "per_class",
        "reliability",
        "roc",
        "scores",
    )
    tables = ("confusion", "learning_curve", "reliability", "roc")
    assert set(written) == {
        "held_out.txt",
        "metrics.json",
        "predictions.parquet",
        "report.html",
        *(f"pictures/{name}.png" for name in charts),
        *(f"plots/{name}.csv" for name in tables),
    }
    metrics = json.loads(written["metrics.json"])
    assert outcome.metrics["official.accuracy"] == metrics["official"]["accuracy"]
    assert all((folder / artifact).exists() for artifact in outcome.artifacts)
    assert outcome.notes[0].startswith("test rows: PrivateTest; they are looked at once")
    table = pd.read_parquet(tmp_path / "build" / "split" / "faces.parquet")
    assert len(pd.read_parquet(folder / "predictions.parquet")) == (table["split"] != "train").sum()
    test = table.loc[table["split"] == "test", "face"]
    assert written["held_out.txt"].decode().split() == [f"{face:016x}" for face in sorted(test)]


@pytest.mark.slow
def test_valence_and_arousal_are_judged_shown_and_said_where_the_model_tells_them(tmp_path, monkeypatch):
    import keras

    alone = network(pooling=False)
    affect = keras.layers.Dense(2, activation="tanh", name="affect")(alone.layers[-2].output)
    both = keras.Model(alone.inputs[0], {"probabilities": alone.outputs[0], "affect": affect})
    write_build(tmp_path, both, affect=("valence", "arousal"))
    path = tmp_path / "build/split/faces.parquet"
    table = pd.read_parquet(path)
    known = np.random.default_rng(1).uniform(-1, 1, (len(table), 2)).astype(np.float32)
    table.assign(valence=known[:, 0], arousal=known[:, 1]).to_parquet(path)
    monkeypatch.chdir(tmp_path)
    outcome = judge_and_write(PARAMS)
    metrics = json.loads((tmp_path / "build/evaluate/metrics.json").read_text())
    figure = metrics["official"]["affect"]["valence"]
    assert outcome.metrics["official.affect.valence.ccc"] == figure["ccc"]
    assert outcome.metrics["official.affect.arousal.rmse_interval.low"] > 0
    assert any(note.startswith(f"official valence: CCC {figure['ccc']:.3f}") for note in outcome.notes)
    report = (tmp_path / "build/evaluate/report.html").read_text()
    assert "<h3>Valence and arousal</h3>" in report
    assert f"{figure['ccc']:.3f}<br>" in report
    assert (tmp_path / "build/evaluate/pictures/affect.png").is_file()


@pytest.mark.slow
def test_everything_is_the_same_bytes_each_time(tmp_path, monkeypatch):
    write_build(tmp_path, network())
    monkeypatch.chdir(tmp_path)
    judge_and_write(PARAMS)
    written = contents(tmp_path / "build" / "evaluate")
    judge_and_write(PARAMS)
    assert contents(tmp_path / "build" / "evaluate") == written


def test_a_network_without_pooling_is_judged_all_the_same(tmp_path, monkeypatch):
    write_build(tmp_path, network(pooling=False))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tasks.evaluate.explain", lambda *_: None)  # seconds, and not the question here
    outcome = judge_and_write(PARAMS)
    assert "the network has no pooling layers: no feature maps" in outcome.notes
    assert outcome.tags == {}  # settings like those of no preset


def test_the_run_is_to_be_found_by_the_preset_that_the_settings_are_like(tmp_path, monkeypatch):
    write_build(tmp_path, network(pooling=False))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tasks.evaluate.explain", lambda *_: None)
    for stage, params in load_preset("mememoji").sections("seed").items():
        summary = tmp_path / "build" / stage / "summary.json"
        summary.parent.mkdir(exist_ok=True)
        summary.write_text(json.dumps({"params": params}))
    assert judge_and_write(PARAMS).tags == {"preset": "mememoji", "preset.protocol": "seed"}


def test_a_network_of_other_classes_is_refused(tmp_path, monkeypatch):
    write_build(tmp_path, network(), classes=("happy", "angry", "sad"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="knows the classes.*Train again"):
        judge_and_write(PARAMS)


def test_figures_become_flat_numbers():
    figures = {"official": {"recall": {"sad": 0.5}, "n": 3}, "temperature": 1.5, "test_usage": "PublicTest"}
    assert flat(figures) == {"official.recall.sad": 0.5, "official.n": 3, "temperature": 1.5}
