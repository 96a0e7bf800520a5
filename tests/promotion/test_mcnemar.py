import math

import numpy as np
import pytest

from mien.promotion.mcnemar import mcnemar


def rights(both, only_old, only_new, neither=5):
    """Two columns of right and wrong with these counts."""
    old = [True] * both + [True] * only_old + [False] * only_new + [False] * neither
    new = [True] * both + [False] * only_old + [True] * only_new + [False] * neither
    return np.array(old), np.array(new)


@pytest.mark.parametrize(("only_old", "only_new"), [(0, 6), (3, 9), (12, 12), (7, 17), (1, 0), (24, 0)])
def test_few_differences_are_judged_by_the_exact_binomial(only_old, only_new):
    from scipy.stats import binomtest

    result = mcnemar(*rights(100, only_old, only_new))
    assert result.exact
    assert (result.only_old, result.only_new) == (only_old, only_new)
    assert result.p == pytest.approx(binomtest(only_old, only_old + only_new).pvalue, rel=1e-12)


@pytest.mark.parametrize(("only_old", "only_new"), [(10, 15), (40, 90), (300, 320), (5, 60)])
def test_many_differences_are_judged_by_chi_squared_with_the_correction(only_old, only_new):
    from scipy.stats import chi2

    result = mcnemar(*rights(1000, only_old, only_new))
    assert not result.exact
    statistic = (abs(only_old - only_new) - 1) ** 2 / (only_old + only_new)
    assert result.p == pytest.approx(chi2.sf(statistic, 1), rel=1e-9)


def test_a_textbook_example_gives_the_textbooks_figure():
    """Bland, "An Introduction to Medical Statistics": 212 and 144 children changed their answer; chi-squared 12.6."""
    result = mcnemar(*rights(0, 144, 212))
    assert math.isclose(result.p, 0.000386, abs_tol=1e-5)


def test_two_models_that_answer_alike_are_not_told_apart():
    assert mcnemar(*rights(50, 0, 0)).p == 1.0
    assert mcnemar(*rights(50, 40, 40)).p == 1.0


def test_both_directions_count_alike():
    assert mcnemar(*rights(9, 8, 30)).p == mcnemar(*rights(9, 30, 8)).p
