"""Figures of valence and arousal."""

import json

import numpy as np
import pandas as pd
import pytest

from mien.errors import DataError
from mien.evaluation import evaluate, pictures, tables
from mien.evaluation.affect import affect_figures, affect_with_intervals
from mien.labels import EMOTIONS
from mien.params import EvaluateParams
from tests.answers import SOUND, history, probabilities_for, split_table

PARAMS = EvaluateParams(bootstrap_samples=300)
NAN = np.nan


def drawn(rows=200, noise=0.3, seed=0):
    generator = np.random.default_rng(seed)
    truth = generator.uniform(-0.8, 0.8, (rows, 2))
    return truth, truth + generator.normal(0, noise, (rows, 2))


def judged(truth, said, rows=200):
    table = split_table(rows).assign(valence=truth[:, 0].astype(np.float32), arousal=truth[:, 1].astype(np.float32))
    answers = probabilities_for(table["class_index"], 7)
    return evaluate(table, answers, EMOTIONS, PARAMS, SOUND, said)


def test_concordance_and_error_are_those_that_one_finds_by_hand():
    truth = np.array([[0.0, 1.0], [0.5, 1.0], [1.0, NAN]])
    said = np.array([[0.1, 1.0], [0.5, 0.0], [0.6, 9.0]])
    valence, arousal = affect_figures(truth, said).values()
    # means 0.5 and 0.4, variances 1/6 and 0.14/3, covariance 0.25/3
    assert valence["ccc"] == pytest.approx((0.5 / 3) / (1 / 6 + 0.14 / 3 + 0.01))
    assert valence["rmse"] == pytest.approx(np.sqrt((0.01 + 0.16) / 3))
    assert arousal == {"n": 2, "ccc": 0.0, "rmse": pytest.approx(np.sqrt(0.5))}


def test_a_shift_costs_concordance_though_the_correlation_is_perfect():
    truth, _ = drawn()
    assert affect_figures(truth, truth)["valence"]["ccc"] == pytest.approx(1.0)
    assert affect_figures(truth, truth + 0.5)["valence"]["ccc"] < 0.8
    assert affect_figures(truth, -truth)["valence"]["ccc"] < -0.9


def test_what_is_not_known_counts_nowhere():
    truth, said = drawn()
    half = truth.copy()
    half[::2] = NAN
    assert affect_figures(half, said) == affect_figures(truth[1::2], said[1::2])
    assert affect_figures(np.full((3, 2), NAN), np.zeros((3, 2))) == {"valence": {"n": 0}, "arousal": {"n": 0}}
    assert affect_figures(np.zeros((3, 2)), np.zeros((3, 2)))["valence"] == {"n": 3, "rmse": 0.0}


def test_an_interval_holds_the_figure_and_narrows_with_more_faces():
    widths = []
    for rows in (100, 1600):
        valence = affect_with_intervals(*drawn(rows), PARAMS)["valence"]
        for name in ("ccc", "rmse"):
            assert valence[f"{name}_interval"]["low"] < valence[name] < valence[f"{name}_interval"]["high"]
        widths.append(valence["ccc_interval"]["high"] - valence["ccc_interval"]["low"])
    assert widths[1] < widths[0] / 2.5  # a quarter, but for chance
    assert affect_with_intervals(*drawn(), PARAMS) == affect_with_intervals(*drawn(), PARAMS)


def test_the_bootstrap_finds_the_spread_that_new_faces_have():
    found = affect_with_intervals(*drawn(400), PARAMS)["valence"]["ccc_interval"]
    others = [affect_figures(*drawn(400, seed=seed))["valence"]["ccc"] for seed in range(1, 301)]
    low, high = np.quantile(others, [0.025, 0.975])
    assert found["high"] - found["low"] == pytest.approx(high - low, rel=0.3)


def test_an_evaluation_tells_it_of_each_side_in_figures_that_json_takes():
    truth, said = drawn()
    truth[5:80, 1] = NAN
    evaluation = judged(truth, said)
    metrics = evaluation.metrics
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    official, table = metrics["official"]["affect"], evaluation.official.table
    assert official["valence"]["n"] == len(table)
    assert official["arousal"]["n"] == int(table["arousal"].notna().sum())
    assert metrics["clean"]["affect"]["valence"]["n"] == metrics["clean"]["n"]
    assert set(metrics["validation"]["affect"]["valence"]) == {"n", "ccc", "rmse"}
    without = judged(truth, None).metrics
    assert "affect" not in without["official"]
    for side in ("official", "clean", "validation"):
        metrics[side].pop("affect")
    assert without == metrics, "the figures of the classes are as without it"


def test_answers_that_are_no_numbers_are_refused():
    truth, said = drawn()
    said[7, 1] = NAN
    with pytest.raises(DataError, match="answers to 1 of 200 faces are not numbers"):
        judged(truth, said)


def test_labels_and_answers_stand_in_the_predictions_and_in_a_picture(tmp_path):
    evaluation = judged(*drawn())
    tables.write_tables(evaluation, history(), tmp_path)
    written = pd.read_parquet(tmp_path / "predictions.parquet")
    assert list(written.columns[-4:]) == ["valence", "arousal", "said_valence", "said_arousal"]
    again = affect_figures(*(written[names].to_numpy() for names in (written.columns[-4:-2], written.columns[-2:])))
    assert again["valence"]["n"] == 200
    assert "affect" in pictures.charts(evaluation, history())
