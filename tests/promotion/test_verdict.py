import json

import numpy as np
import pytest

from mien.params import parse_params
from mien.promotion import judge
from tests.promotion.pairs import CLASSES, judged, table, with_errors

ROWS = 600
LABELS = np.arange(ROWS) % 3
TABLE = table(LABELS, twins=range(0, ROWS, 12))
OLD = with_errors(LABELS, range(0, ROWS, 5))
BETTER = with_errors(LABELS, range(0, ROWS, 10))


def params(**promote):
    return parse_params({"promote": promote, "evaluate": {"bootstrap_samples": 500}})


def verdict(new, old=OLD, limits=None, **costs):
    champion = None if old is None else judged(TABLE, old, sure=0.85)
    return judge(judged(TABLE, new, sure=0.9, **costs), champion, CLASSES, limits or params())


def failed(found):
    return [gate.name for gate in found.gates if not gate.passed]


def test_a_model_that_is_better_on_the_same_faces_passes():
    found = verdict(BETTER)
    assert found.passed
    assert found.figures["gain"]["accuracy"]["value"] == pytest.approx(0.1)
    assert found.figures["gain"]["accuracy"]["low"] > 0
    assert found.figures["mcnemar"] == {"only_old": 0, "only_new": 60, "p": 0.0, "exact": False}


def test_a_model_that_is_worse_on_the_same_faces_does_not():
    assert failed(verdict(OLD, old=BETTER)) == ["gain_lower_bound", "max_clean_loss"]


def test_the_same_answers_are_no_gain():
    assert failed(verdict(OLD)) == ["gain_lower_bound", "max_mcnemar_p"]


def test_a_gain_that_chance_explains_does_not_pass():
    assert failed(verdict(with_errors(LABELS, range(1, ROWS - 50, 5)))) == ["gain_lower_bound", "max_mcnemar_p"]


def test_four_faces_are_too_few_though_the_bootstrap_finds_no_loss_among_them():
    assert failed(verdict(with_errors(LABELS, range(0, ROWS - 20, 5)))) == ["max_mcnemar_p"]


def test_a_gain_must_exceed_the_least_one_that_is_asked_for():
    assert failed(verdict(BETTER, limits=params(min_gain=0.09))) == ["gain_lower_bound"]


def test_a_class_that_falls_stops_a_model_that_is_better_over_all():
    happy = np.flatnonzero(LABELS == 1)
    new = with_errors(LABELS, happy[:70])
    found = verdict(new)
    assert failed(found) == ["max_recall_drop"]
    (gate,) = [gate for gate in found.gates if gate.name == "max_recall_drop"]
    assert str(gate) == "max_recall_drop: 0.1500 of happy, must be at most 0.1"


def test_a_model_that_is_less_calibrated_does_not_pass():
    champion = judged(TABLE, OLD, sure=0.8)
    found = judge(judged(TABLE, BETTER, sure=0.999), champion, CLASSES, params(max_ece=0.2))
    assert failed(found) == ["max_ece_rise"]
    assert failed(judge(judged(TABLE, BETTER, sure=0.7), champion, CLASSES, params(max_ece_rise=1))) == ["max_ece"]


def test_a_model_that_gains_only_on_faces_with_a_twin_in_training_does_not_pass():
    rows = table(LABELS, twins=range(400))
    new = with_errors(LABELS, range(400, 600, 4))
    found = judge(judged(rows, new), judged(rows, OLD), CLASSES, params(max_recall_drop=1))
    assert failed(found) == ["max_clean_loss"]
    assert found.figures["challenger"]["clean"] == {"n": 200, "accuracy": 0.75}


@pytest.mark.parametrize(("costs", "gate"), [({"ms": 101}, "max_ms_per_face"), ({"megabytes": 201}, "max_megabytes")])
def test_a_model_that_costs_too_much_does_not_pass(costs, gate):
    assert failed(verdict(BETTER, **costs)) == [gate]
    assert failed(verdict(BETTER, old=None, **costs)) == [gate]


def test_without_a_champion_the_absolute_gates_decide():
    found = verdict(OLD, old=None)
    assert found.passed
    names = ["min_accuracy", "min_macro_f1", "min_recall", "max_ece", "max_ms_per_face", "max_megabytes"]
    assert [gate.name for gate in found.gates] == names
    assert set(found.figures) == {"challenger"}
    assert failed(verdict(with_errors(LABELS, range(400)), old=None))[:2] == ["min_accuracy", "min_macro_f1"]


def test_the_figures_can_be_kept_as_a_tag():
    text = json.dumps(dict(verdict(BETTER).figures), allow_nan=False)
    assert len(text) < 5000
