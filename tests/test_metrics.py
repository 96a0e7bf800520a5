import time

import numpy as np
import pytest
from sklearn import metrics as reference

from mien.bootstrap import intervals, redrawn
from mien.calibration import (
    TEMPERATURES,
    brier,
    expected_calibration_error,
    fit_temperature,
    reliability,
    temper,
)
from mien.labels import EMOTIONS
from mien.metrics import (
    auc,
    class_scores,
    confusion_matrix,
    figures,
    log_loss,
    m_measure,
    ranking,
    roc_curve,
    thinned,
    top_k_accuracy,
)
from tests.answers import probabilities_for

SEEDS = range(4)


def drawn(seed, rows=300, classes=7):
    labels = np.random.default_rng(seed).integers(0, classes, rows)
    return labels, temper(probabilities_for(labels, classes, seed=seed), 1.0)  # float64 rows that sum to one


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_are_those_of_scikit_learn(seed):
    labels, probabilities = drawn(seed)
    predicted = probabilities.argmax(axis=1)
    ours = figures(labels, predicted, probabilities, EMOTIONS)
    assert ours["n"] == 300
    assert ours["accuracy"] == pytest.approx(reference.accuracy_score(labels, predicted))
    assert ours["balanced_accuracy"] == pytest.approx(reference.balanced_accuracy_score(labels, predicted))
    assert ours["top2"] == pytest.approx(reference.top_k_accuracy_score(labels, probabilities, k=2))
    assert ours["top3"] == pytest.approx(reference.top_k_accuracy_score(labels, probabilities, k=3))
    assert ours["loss"] == pytest.approx(reference.log_loss(labels, probabilities))
    assert ours["m_measure"] == pytest.approx(
        reference.roc_auc_score(labels, probabilities, multi_class="ovo", average="macro")
    )
    for average in ("macro", "weighted"):
        precision, recall, f1, _ = reference.precision_recall_fscore_support(labels, predicted, average=average)
        assert ours[f"{average}_precision"] == pytest.approx(precision)
        assert ours[f"{average}_recall"] == pytest.approx(recall)
        assert ours[f"{average}_f1"] == pytest.approx(f1)


@pytest.mark.parametrize("seed", SEEDS)
def test_per_class_figures_are_those_of_scikit_learn(seed):
    labels, probabilities = drawn(seed)
    predicted = probabilities.argmax(axis=1)
    ours = figures(labels, predicted, probabilities, EMOTIONS)
    theirs = reference.classification_report(labels, predicted, target_names=EMOTIONS, output_dict=True)
    for name in EMOTIONS:
        assert ours["precision"][name] == pytest.approx(theirs[name]["precision"])
        assert ours["recall"][name] == pytest.approx(theirs[name]["recall"])
        assert ours["f1"][name] == pytest.approx(theirs[name]["f1-score"])
        assert ours["support"][name] == theirs[name]["support"]
    matrix = confusion_matrix(labels, predicted, 7)
    assert (matrix == reference.confusion_matrix(labels, predicted)).all()


def test_scores_worked_by_hand():
    matrix = np.array([[3, 1], [2, 4]])  # rows: the truth
    scores = class_scores(matrix)
    assert scores.precision.tolist() == [3 / 5, 4 / 5]
    assert scores.recall.tolist() == [3 / 4, 4 / 6]
    assert scores.f1 == pytest.approx([6 / 9, 8 / 11])
    assert scores.support.tolist() == [4, 6]


def test_a_class_that_is_never_named_has_precision_zero():
    scores = class_scores(np.array([[2, 0], [3, 0]]))
    assert scores.precision.tolist() == [0.4, 0.0]
    assert scores.f1[1] == 0


def test_a_class_without_a_row_stays_out_of_figures_and_averages():
    labels = np.array([0, 0, 2, 2])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.2, 0.2, 0.6]])
    ours = figures(labels, probabilities.argmax(axis=1), probabilities, ("angry", "disgust", "fear"))
    assert set(ours["recall"]) == {"angry", "fear"}
    assert ours["macro_recall"] == pytest.approx((0.5 + 1.0) / 2)


def test_top_k_stands_only_where_it_is_not_always_one():
    labels, probabilities = drawn(0, classes=3)
    ours = figures(labels, probabilities.argmax(axis=1), probabilities, EMOTIONS[:3])
    assert "top2" in ours
    assert "top3" not in ours


def test_no_rows_give_no_figure_but_their_number():
    assert figures(np.empty(0, int), np.empty(0, int), np.empty((0, 7)), EMOTIONS) == {"n": 0}


def test_of_equal_probabilities_the_earlier_class_comes_first():
    ranked = ranking(np.array([[0.4, 0.4, 0.2]]))
    assert ranked.tolist() == [[0, 1, 2]]
    assert top_k_accuracy(np.array([1]), ranked, 1) == 0
    assert top_k_accuracy(np.array([1]), ranked, 2) == 1


def test_the_loss_is_finite_where_the_network_was_sure_and_wrong():
    loss = log_loss(np.array([1]), np.array([[1.0, 0.0]], np.float32))
    assert 80 < loss < 90


def test_auc_counts_ties_half():
    assert auc(np.array([0.9, 0.5]), np.array([0.5, 0.1])) == pytest.approx((2 + 1.5) / 4)


def test_the_m_measure_of_two_classes_worked_by_hand():
    labels = np.array([0, 0, 1])
    first = np.array([0.9, 0.4, 0.6])  # of class 0: beats the one row of class 1 in one of two cases
    assert m_measure(labels, np.stack([first, 1 - first], axis=1)) == pytest.approx(0.5)


def test_one_class_alone_has_no_m_measure():
    probabilities = np.full((3, 2), 0.5)
    ours = figures(np.zeros(3, int), np.zeros(3, int), probabilities, ("angry", "happy"))
    assert m_measure(np.zeros(3, int), probabilities) is None
    assert "m_measure" not in ours


@pytest.mark.parametrize("seed", SEEDS)
def test_the_roc_curve_is_that_of_scikit_learn(seed):
    labels, probabilities = drawn(seed)
    scores = probabilities[:, 3].round(2)  # with ties
    ours = roc_curve(labels == 3, scores)
    false_positive, true_positive, _ = reference.roc_curve(labels == 3, scores, drop_intermediate=False)
    assert ours.false_positive == pytest.approx(false_positive)
    assert ours.true_positive == pytest.approx(true_positive)
    assert ours.area == pytest.approx(reference.roc_auc_score(labels == 3, scores))


def test_a_thinned_curve_keeps_its_ends():
    labels, probabilities = drawn(0)
    curve = thinned(roc_curve(labels == 3, probabilities[:, 3]), 20)
    assert len(curve.false_positive) == 20
    assert (curve.false_positive[0], curve.true_positive[0]) == (0, 0)
    assert (curve.false_positive[-1], curve.true_positive[-1]) == (1, 1)


def test_a_class_without_or_with_all_rows_has_no_curve():
    assert roc_curve(np.zeros(3, bool), np.ones(3)) is None
    assert roc_curve(np.ones(3, bool), np.ones(3)) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_an_interval_holds_the_figure_and_is_wider_with_more_confidence(seed):
    labels, probabilities = drawn(seed)
    predicted = probabilities.argmax(axis=1)
    matrix = confusion_matrix(labels, predicted, 7)
    ours = figures(labels, predicted, probabilities, EMOTIONS)
    narrow = intervals(matrix, samples=1000, confidence=0.8, seed=seed)
    wide = intervals(matrix, samples=1000, confidence=0.99, seed=seed)
    for name in ("accuracy", "macro_f1"):
        assert wide[name].low < narrow[name].low < ours[name] < narrow[name].high < wide[name].high


@pytest.mark.parametrize(("confidence", "deviations"), [(0.68, 1.0), (0.95, 1.96)])
def test_an_interval_is_as_wide_as_the_confidence_asks(confidence, deviations):
    matrix = np.array([[600, 400], [0, 0]])
    bounds = intervals(matrix, samples=20_000, confidence=confidence, seed=0)["accuracy"]
    expected = 2 * deviations * np.sqrt(0.6 * 0.4 / 1000)
    assert bounds.high - bounds.low == pytest.approx(expected, rel=0.05)


def test_the_same_rows_and_seed_give_the_same_interval_and_another_seed_another():
    matrix = confusion_matrix(*np.random.default_rng(0).integers(0, 7, (2, 200)), 7)
    settings = {"samples": 500, "confidence": 0.95}
    assert intervals(matrix, seed=1, **settings) == intervals(matrix, seed=1, **settings)
    assert intervals(matrix, seed=1, **settings) != intervals(matrix, seed=2, **settings)


def test_drawing_matrices_is_drawing_rows_with_replacement():
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, 3, (2, 120))
    rows = rng.integers(0, 120, (4000, 120))
    slow = np.stack([confusion_matrix(labels[row], predicted[row], 3) for row in rows])
    quick = redrawn(confusion_matrix(labels, predicted, 3), 4000, seed=0)
    assert (quick.sum(axis=(1, 2)) == 120).all()
    assert quick.mean(axis=0) == pytest.approx(slow.mean(axis=0), abs=0.3)
    assert quick.std(axis=0) == pytest.approx(slow.std(axis=0), rel=0.1)


def test_right_answers_only_have_an_interval_of_one_point():
    bounds = intervals(np.diag([5, 5]), samples=200, confidence=0.95, seed=0)["accuracy"]
    assert (bounds.low, bounds.high) == (1, 1)


def test_two_thousand_samples_of_a_whole_test_set_take_less_than_two_seconds():
    matrix = confusion_matrix(*np.random.default_rng(0).integers(0, 7, (2, 3589)), 7)
    started = time.perf_counter()
    intervals(matrix, samples=2000, confidence=0.95, seed=0)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("distortion", [0.3, 1.0, 3.0])
def test_the_temperature_never_raises_the_loss_of_the_rows_it_was_fitted_on(seed, distortion):
    labels, probabilities = drawn(seed)
    distorted = temper(probabilities, distortion)
    temperature = fit_temperature(labels, distorted)
    assert log_loss(labels, temper(distorted, temperature)) <= log_loss(labels, distorted)
    assert (temper(distorted, temperature).argmax(axis=1) == distorted.argmax(axis=1)).all()


def test_the_temperature_undoes_a_distortion():
    labels, probabilities = drawn(0, rows=4000)
    own = fit_temperature(labels, probabilities)
    assert fit_temperature(labels, temper(probabilities, 0.4)) == pytest.approx(own / 0.4, rel=1e-3)


def test_the_temperature_stays_in_its_range_where_every_answer_is_right():
    labels = np.array([0, 1])
    temperature = fit_temperature(labels, np.array([[0.9, 0.1], [0.2, 0.8]]))
    assert TEMPERATURES[0] <= temperature < 0.1


def test_answers_that_no_temperature_improves_keep_temperature_one():
    assert fit_temperature(np.array([0, 1]), np.full((2, 2), 0.5)) == 1.0


def test_without_rows_the_temperature_is_one():
    assert fit_temperature(np.empty(0, int), np.empty((0, 7))) == 1.0


def test_temperature_one_changes_nothing_and_rows_still_sum_to_one():
    _, probabilities = drawn(0)
    assert temper(probabilities, 1.0) == pytest.approx(probabilities, abs=1e-6)
    assert temper(probabilities, 2.5).sum(axis=1) == pytest.approx(1.0)
    assert np.isfinite(temper(np.array([[1.0, 0.0]]), 0.05)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_brier_score_is_that_of_scikit_learn(seed):
    labels, probabilities = drawn(seed)
    probabilities = temper(probabilities, 1.3)
    theirs = reference.brier_score_loss(labels, probabilities, scale_by_half=False)
    assert brier(labels, probabilities) == pytest.approx(theirs)


def test_reliability_worked_by_hand():
    confidence = np.array([0.5, 0.55, 0.95, 1.0])  # 0.5 lies on the limit of (0, 0.5] and (0.5, 1]
    curve = reliability(np.array([False, True, True, False]), confidence, bins=2)
    assert curve.count.tolist() == [1, 3]
    assert curve.confidence == pytest.approx([0.5, 2.5 / 3])
    assert curve.accuracy == pytest.approx([0.0, 2 / 3])
    assert expected_calibration_error(curve) == pytest.approx(0.25 * 0.5 + 0.75 * (2.5 / 3 - 2 / 3))


def test_empty_bins_are_left_out():
    curve = reliability(np.ones(2, bool), np.array([0.95, 0.96]), bins=10)
    assert (curve.low.tolist(), curve.high.tolist()) == ([0.9], [1.0])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_calibration_error_of_a_calibrated_classifier_is_small(seed):
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.2, 1.0, 20_000)
    honest = reliability(rng.random(20_000) < confidence, confidence, bins=15)
    boasting = reliability(rng.random(20_000) < confidence - 0.2, confidence, bins=15)
    assert expected_calibration_error(honest) < 0.02
    assert expected_calibration_error(boasting) == pytest.approx(0.2, abs=0.02)
