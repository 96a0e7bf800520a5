"""Which rows hold what: Usages, labels, and the faults of real FER2013 in about its proportions.

A row has at most one fault. Rows with a twin copy the picture of another row, whose label they share except where
the fault is `CONFLICT`; the class counts of each Usage do not depend on the faults.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from mien.labels import EMOTIONS, USAGES

CLASS_SHARES = (0.138, 0.03, 0.142, 0.243, 0.166, 0.112, 0.169)
"""Of each emotion in the order of EMOTIONS: FER2013's, but for twice its share of disgust so that it can be judged."""

TEST_SHARE = 2 / 15
"""Share of PublicTest and of PrivateTest; 400 of 3,000 rows each."""

FEWEST_ROWS = 150


class Fault(StrEnum):
    """What is wrong with a row."""

    NONE = ""
    BLANK = "blank"
    ICON = "icon"
    TEXT = "text"
    WATERMARK = "watermark"
    WITHIN = "duplicate_within"
    ACROSS = "duplicate_across"
    NEAR_WITHIN = "near_within"
    NEAR_ACROSS = "near_across"
    CONFLICT = "conflict"
    WRONG_LABEL = "wrong_label"


COPIES = (Fault.WITHIN, Fault.ACROSS, Fault.NEAR_WITHIN, Fault.NEAR_ACROSS, Fault.CONFLICT)
"""Faults of rows whose picture is that of their `twin`."""


@dataclass(frozen=True)
class Plan:
    """How many rows of a Usage get a fault (at least one), and the Usage that its twin comes from."""

    fault: Fault
    usage: str
    share: float
    source: str = ""


_TRAINING, _PUBLIC, _PRIVATE = USAGES

PLANS = (
    Plan(Fault.ACROSS, _PUBLIC, 0.06, _TRAINING),
    Plan(Fault.ACROSS, _PRIVATE, 0.06, _TRAINING),
    Plan(Fault.ACROSS, _PRIVATE, 0.01, _PUBLIC),
    Plan(Fault.NEAR_ACROSS, _PUBLIC, 0.015, _TRAINING),
    Plan(Fault.NEAR_ACROSS, _PRIVATE, 0.015, _TRAINING),
    Plan(Fault.WITHIN, _PUBLIC, 0.0075, _PUBLIC),
    Plan(Fault.WITHIN, _PRIVATE, 0.005, _PRIVATE),
    Plan(Fault.BLANK, _PUBLIC, 0.0025),
    Plan(Fault.TEXT, _PUBLIC, 0.0025),
    Plan(Fault.ICON, _PRIVATE, 0.0025),
    Plan(Fault.BLANK, _TRAINING, 0.003),
    Plan(Fault.ICON, _TRAINING, 0.003),
    Plan(Fault.TEXT, _TRAINING, 0.003),
    Plan(Fault.WATERMARK, _TRAINING, 0.01),
    Plan(Fault.WITHIN, _TRAINING, 0.035, _TRAINING),
    Plan(Fault.NEAR_WITHIN, _TRAINING, 0.015, _TRAINING),
    Plan(Fault.CONFLICT, _TRAINING, 0.004, _TRAINING),
    Plan(Fault.WRONG_LABEL, _TRAINING, 0.04),
)
"""Shares are of the rows of `usage`."""


def plan_rows(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Decide what each row holds.

    Returns:
        One row per face in the order of the file: `usage`, `label` (as written), `emotion` (as drawn; of a row that
        is no face, its label), `fault` (a `Fault`), `twin` (row that a copied picture comes from, -1 for none).

    Raises:
        ValueError: fewer than FEWEST_ROWS rows.
    """
    if rows < FEWEST_ROWS:
        raise ValueError(f"`rows` must be at least {FEWEST_ROWS}, so that each fault has its place. Received: {rows}")
    test = round(rows * TEST_SHARE)
    sizes = (rows - 2 * test, test, test)
    labels = np.concatenate([rng.permutation(_labels(size)) for size in sizes])
    drawn = _Rows(
        usages=np.repeat(np.array(USAGES, dtype=object), sizes),
        labels=labels,
        emotions=labels.copy(),
        faults=np.full(rows, str(Fault.NONE), dtype=object),
        twins=np.full(rows, -1),
        free=np.ones(rows, dtype=bool),
    )
    for plan in PLANS:
        _apply(plan, drawn, rng)
    columns = {"usage": drawn.usages, "label": drawn.labels, "emotion": drawn.emotions, "fault": drawn.faults}
    return pd.DataFrame({**columns, "twin": drawn.twins})


@dataclass(frozen=True)
class _Rows:
    """The columns of the table while it is planned; `free` rows neither have a fault nor are somebody's twin."""

    usages: np.ndarray
    labels: np.ndarray
    emotions: np.ndarray
    faults: np.ndarray
    twins: np.ndarray
    free: np.ndarray


def _labels(size: int) -> np.ndarray:
    """`size` labels in the shares of CLASS_SHARES, by largest remainder."""
    exact = np.array(CLASS_SHARES) * size
    counts = np.floor(exact).astype(int)
    counts[np.argsort(-(exact - counts), kind="stable")[: size - counts.sum()]] += 1
    return np.repeat(np.array(EMOTIONS, dtype=object), counts)


def _apply(plan: Plan, rows: _Rows, rng: np.random.Generator) -> None:
    candidates = np.flatnonzero(rows.usages == plan.usage)
    left = max(1, round(plan.share * len(candidates)))
    for row in rng.permutation(candidates):
        if left and rows.free[row] and _plant(plan, int(row), rows, rng):
            left -= 1


def _plant(plan: Plan, row: int, rows: _Rows, rng: np.random.Generator) -> bool:
    """Give `row` the fault; False when it needs a twin and none is free."""
    label = rows.labels[row]
    if plan.fault in COPIES:
        fitting = (rows.labels != label) if plan.fault is Fault.CONFLICT else (rows.labels == label)
        sources = np.flatnonzero((rows.usages == plan.source) & rows.free & fitting)
        sources = sources[sources != row]
        if not len(sources):
            return False
        twin = int(rng.choice(sources))
        rows.twins[row], rows.free[twin] = twin, False
        rows.emotions[row] = rows.emotions[twin]
    elif plan.fault is Fault.WRONG_LABEL:
        rows.emotions[row] = str(rng.choice([emotion for emotion in EMOTIONS if emotion != label]))
    rows.faults[row], rows.free[row] = str(plan.fault), False
    return True
