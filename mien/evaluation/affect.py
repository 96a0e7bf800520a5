"""How well a network tells valence and arousal: NumPy only, on what the faces' labels say and what it says.

Shapes: `truth` and `said` are floats (N, 2), valence and arousal; `truth` is NaN where nobody has said it, and such a
value counts nowhere.
"""

import numpy as np

from mien.bootstrap import Interval
from mien.labels import DIMENSIONS
from mien.metrics import Array, Figures
from mien.params import EvaluateParams


def affect_figures(truth: Array, said: Array) -> Figures:
    """By dimension: `n` known values, and of them `ccc` (`concordance`) and `rmse`.

    Both are missing where no value is known, `ccc` also where all of them, known and said, are the same.
    """
    sums = terms(truth, said).sum(axis=0)
    values = {"ccc": concordance(sums), "rmse": root_mean_square(sums)}
    return {
        name: {
            "n": int(sums[place, 0]),
            **{figure: float(both[place]) for figure, both in values.items() if np.isfinite(both[place])},
        }
        for place, name in enumerate(DIMENSIONS)
    }


def affect_with_intervals(truth: Array, said: Array, params: EvaluateParams) -> Figures:
    """As `affect_figures`, each figure with its percentile bootstrap interval, from the same redrawn rows for all."""
    drawn = redrawn(terms(truth, said), params.bootstrap_samples, params.seed)
    values = {"ccc": concordance(drawn), "rmse": root_mean_square(drawn)}  # each (samples, 2)
    tails = [(1 - params.confidence) / 2, (1 + params.confidence) / 2]
    figures: Figures = {}
    for place, (name, found) in enumerate(affect_figures(truth, said).items()):
        assert isinstance(found, dict)
        figures[name] = found | {
            f"{figure}_interval": vars(Interval(*np.nanquantile(values[figure][:, place], tails).tolist()))
            for figure in values
            if figure in found
        }
    return figures


def terms(truth: Array, said: Array) -> Array:
    """What each row adds to the sums that all figures follow from, float64 (N, 2, 6).

    The last axis is 1, t, s, t², s², ts of truth t and answer s where t is known, else six zeros.
    """
    known = ~np.isnan(truth)
    t, s = (np.where(known, values, 0.0).astype(np.float64) for values in (truth, said))
    return np.stack([known, t, s, t * t, s * s, t * s], axis=-1)


def concordance(sums: Array) -> Array:
    """Concordance correlation: 1 where all answers are right; 0 where they have nothing to do with the truth.

    Lin, "A concordance correlation coefficient to evaluate reproducibility", Biometrics 45, 1989, with the moments of
    the rows themselves (divided by N).

    Args:
        sums: of `terms`, float (..., 6).

    Returns:
        Float (...); NaN where there are no rows, or all values are the same.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        _, t, s, tt, ss, ts = np.moveaxis(sums / sums[..., :1], -1, 0)
        spread = (tt - t * t) + (ss - s * s) + (t - s) ** 2
        out: Array = np.where(spread > 0, 2 * (ts - t * s) / spread, np.nan)
    return out


def root_mean_square(sums: Array) -> Array:
    """Root of the mean squared error, float (...) from sums of `terms` (..., 6); NaN where there are no rows."""
    with np.errstate(invalid="ignore", divide="ignore"):
        _, _, _, tt, ss, ts = np.moveaxis(sums / sums[..., :1], -1, 0)
        out: Array = np.sqrt(np.maximum(tt + ss - 2 * ts, 0.0))
    return out


def redrawn(rows: Array, samples: int, seed: int) -> Array:
    """Sums over `samples` sets of rows drawn with replacement, float64 (samples, ...), of `rows` (N, ...)."""
    generator, count = np.random.default_rng(seed), len(rows)
    flat = rows.reshape(count, -1)
    times = (np.bincount(generator.integers(0, count, count), minlength=count) for _ in range(samples))
    return np.stack([drawn @ flat for drawn in times]).reshape(samples, *rows.shape[1:])
