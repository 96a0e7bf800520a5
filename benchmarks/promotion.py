"""How often chance promotes a model that is no better, and how often a better one is promoted.

    python benchmarks/promotion.py [pairs]

Draws pairs of models as the statistics see them: answers to as many rows as FER2013's PrivateTest has of each class.
Every row has a difficulty of its own, so that two models err on the same rows more often than by chance, as trained
networks do. Gates and bootstrap are those of params.yaml; speed and size always pass. About 90 ms a pair.
"""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from mien.evaluation import Rows
from mien.labels import EMOTIONS
from mien.params import load_params
from mien.promotion import Judged, judge

COUNTS = {"angry": 491, "disgust": 55, "fear": 528, "happy": 879, "sad": 594, "surprise": 416, "neutral": 626}
ACCURACY = 0.7
SPREAD = 3.0
"""Of the rows' difficulty in logits: two equal models of this accuracy then have one row in five right alone."""


def chances(easiness, accuracy):
    """Probability of each row to be answered right: a logistic curve over its easiness, the mean as asked for."""
    low, high = -10.0, 10.0
    while high - low > 1e-6:
        level = (low + high) / 2
        right = 1 / (1 + np.exp(-easiness - level))
        low, high = (level, high) if right.mean() < accuracy else (low, level)
    return right


def answers(generator, table, chance):
    """A model that is right on each row with the given chance, and knows that chance."""
    classes = len(EMOTIONS)
    labels = table["class_index"].to_numpy()
    right = generator.random(len(labels)) < chance
    chosen = np.where(right, labels, (labels + generator.integers(1, classes, len(labels))) % classes)
    sure = np.maximum(chance, 1.01 / classes)
    raw = np.repeat(((1 - sure) / (classes - 1))[:, None], classes, axis=1)
    raw[np.arange(len(labels)), chosen] = sure
    return Judged(Rows(table, raw, raw), ms_per_face=1.0, megabytes=1.0)


def test_rows(share):
    """Rows of the split's table, `share` of PrivateTest's."""
    labels = np.repeat([EMOTIONS.index(name) for name in COUNTS], [max(1, round(n * share)) for n in COUNTS.values()])
    return pd.DataFrame({"class_index": labels, "twin_in_training": np.arange(len(labels)) % 13 == 0})


def promoted(pairs, gain, share, params):
    """Shares of pairs in which all gates hold, and in which each holds; mean share of rows where one alone is right."""
    table = test_rows(share)
    passed, gates, apart = 0, {}, []
    for seed in range(pairs):
        generator = np.random.default_rng([seed, round(gain * 1000), len(table)])
        easiness = SPREAD * generator.standard_normal(len(table))
        old = answers(generator, table, chances(easiness, ACCURACY))
        new = answers(generator, table, chances(easiness, ACCURACY + gain))
        verdict = judge(new, old, EMOTIONS, params)
        passed += verdict.passed
        apart.append((old.rows.correct != new.rows.correct).mean())
        for gate in verdict.gates:
            gates[gate.name] = gates.get(gate.name, 0) + gate.passed
    return passed / pairs, {name: count / pairs for name, count in gates.items()}, np.mean(apart)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    settings = load_params(Path(__file__).parents[1] / "params.yaml")
    for share in (1.0, 0.11):
        for gain in (0.0, 0.01, 0.02, 0.03, 0.05):
            started = time.perf_counter()
            share_promoted, held, apart = promoted(count, gain, share, settings)
            each = ", ".join(f"{name} {value:.1%}" for name, value in held.items() if value < 1)
            print(
                f"{len(test_rows(share)):,} rows, gain {gain:+.1%}: promoted {share_promoted:.1%} of {count:,} "
                f"(one alone right: {apart:.1%} of rows; gates that held: {each}) "
                f"{(time.perf_counter() - started) / count * 1000:.0f} ms a pair",
                flush=True,
            )
