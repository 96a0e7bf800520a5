import numpy as np
import pytest

from mien.metrics import class_scores, confusion_matrix
from mien.promotion.paired import gains

SETTINGS = {"samples": 4000, "confidence": 0.95, "seed": 3}


def answers(rows=600, classes=3, seed=0):
    """Labels and the choices of two models that often err together."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, rows)
    hard = rng.random(rows) < 0.3
    chosen = [np.where(hard & (rng.random(rows) < 0.7), rng.integers(0, classes, rows), labels) for _ in range(2)]
    return labels, *chosen


def plainly_redrawn(labels, old, new, samples, seed):
    """The same by drawing rows, one test set after the other."""
    rng = np.random.default_rng(seed)
    out = {"accuracy": [], "macro_f1": []}
    for _ in range(samples):
        rows = rng.integers(0, len(labels), len(labels))
        scores = [class_scores(confusion_matrix(labels[rows], chosen[rows], 3)) for chosen in (old, new)]
        out["accuracy"].append((new[rows] == labels[rows]).mean() - (old[rows] == labels[rows]).mean())
        out["macro_f1"].append(scores[1].f1.mean() - scores[0].f1.mean())
    return out


def test_the_gain_is_that_of_the_rows_themselves():
    labels, old, new = answers()
    found = gains(labels, old, new, 3, **SETTINGS)
    assert found["accuracy"].value == pytest.approx((new == labels).mean() - (old == labels).mean(), abs=1e-12)
    f1 = [class_scores(confusion_matrix(labels, chosen, 3)).f1.mean() for chosen in (old, new)]
    assert found["macro_f1"].value == pytest.approx(f1[1] - f1[0], abs=1e-12)


def test_the_intervals_are_those_of_rows_drawn_one_by_one():
    labels, old, new = answers()
    found = gains(labels, old, new, 3, **SETTINGS)
    for name, values in plainly_redrawn(labels, old, new, samples=4000, seed=8).items():
        low, high = np.quantile(values, [0.025, 0.975])
        assert found[name].low == pytest.approx(low, abs=0.003)
        assert found[name].high == pytest.approx(high, abs=0.003)


def test_the_pairing_makes_the_interval_narrower_than_that_of_two_test_sets():
    labels, old, new = answers()
    gain = gains(labels, old, new, 3, **SETTINGS)["accuracy"]
    apart = 2 * 1.96 * np.sqrt(sum((c == labels).var() / len(labels) for c in (old, new)))
    assert gain.high - gain.low < 0.9 * apart


def test_a_model_against_itself_gains_nothing_and_that_is_certain():
    labels, old, _ = answers()
    gain = gains(labels, old, old, 3, **SETTINGS)["accuracy"]
    assert (gain.value, gain.low, gain.high) == (0, 0, 0)


def test_swapping_the_models_mirrors_the_gain():
    labels, old, new = answers()
    there, back = gains(labels, old, new, 3, **SETTINGS), gains(labels, new, old, 3, **SETTINGS)
    assert there["accuracy"].value == -back["accuracy"].value
    assert there["accuracy"].low == pytest.approx(-back["accuracy"].high, abs=0.003)


def test_a_class_without_rows_is_left_out_of_macro_f1():
    labels, old, new = answers(classes=2)
    assert gains(labels, old, new, 2, **SETTINGS) == gains(labels, old, new, 3, **SETTINGS)


def test_the_same_seed_gives_the_same_interval():
    rows = answers()
    assert gains(*rows, 3, **SETTINGS) == gains(*rows, 3, **SETTINGS)
    assert gains(*rows, 3, **SETTINGS) != gains(*rows, 3, **{**SETTINGS, "seed": 4})
