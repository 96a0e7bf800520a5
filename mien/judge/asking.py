"""A model's answers to the faces of a data set, read as the model's own faces were."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mien import images
from mien.datasets.batch import Batch, Refusal
from mien.datasets.ordered import ordered
from mien.datasets.reader import Reader, Shard
from mien.errors import DataError
from mien.metrics import Array
from mien.model_file import ModelFacts
from mien.progress import meter

if TYPE_CHECKING:
    from mien.predictor import Predictor

EXAMPLES = 5
"""Refused rows that an error names."""


@dataclass
class Asked:
    """All rows of a data set: those that were judged, those without a class, those of other Usages, those refused.

    `usages` and `truth` (N,), the classes that the labels mean to the model, belong to `probabilities`, float32
    (N, classes). `left_out` counts rows by Usage and label, `others` the rows of Usages that were not asked for,
    `unread` those of them that nobody has opened. `refusals` are of the rest, `faults` make the source unfit.
    """

    model: ModelFacts
    usages: list[str] = field(default_factory=list)
    truth: list[str] = field(default_factory=list)
    answers: list[Array] = field(default_factory=list)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    others: int = 0
    unread: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def probabilities(self) -> Array:
        """Float32 (N, classes)."""
        return np.concatenate([np.empty((0, len(self.model.classes)), np.float32), *self.answers])

    @property
    def read(self) -> int:
        """Rows of the source, good and bad."""
        return len(self.truth) + self.left_out.total() + self.others + len(self.refusals)

    @property
    def reasons(self) -> dict[str, int]:
        """Refused rows by reason."""
        return dict(sorted(Counter(str(refusal.reason) for refusal in self.refusals).items()))

    def check(self, max_refused_share: float) -> None:
        """Refuse what figures would say little about.

        Raises:
            DataError: a source that is cut off, or too many refused rows.
        """
        problems, opened = list(self.faults), self.read - self.unread
        share = len(self.refusals) / max(opened, 1)
        if share > max_refused_share:
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.reasons.items())
            problems.append(
                f"{len(self.refusals):,} of {opened:,} rows refused ({share:.2%}; --max-refused-share allows "
                f"{max_refused_share:.2%}): {reasons}"
            )
        if problems:
            first = [f"\n  - {bad.where}: {bad.reason}, {bad.detail}" for bad in self.refusals[:EXAMPLES]]
            raise DataError("; ".join(problems) + "".join(first))


def ask(predictor: "Predictor", reader: Reader, usages: Collection[str]) -> Asked:
    """Have a model answer the faces of some Usages, in bounded memory.

    Args:
        predictor: the model.
        reader: of the data set, with the model's preparation.
        usages: whose rows are judged.

    Raises:
        DataError: a source that cannot be read.
    """
    asked, done = Asked(predictor.facts), 0
    with images.quiet(), meter("faces judged", reader.total) as progress:
        for batch in ordered(reader.read, _wanted(asked, reader.shards(), usages)):
            rows = _sorted(asked, batch, usages)
            asked.answers.append(predictor.predict(batch.images, rows=np.array(rows, np.int64)))
            progress.advance(asked.read - done)
            done = asked.read
    return asked


def _wanted(asked: Asked, shards: Iterable[Shard], usages: Collection[str]) -> Iterator[Shard]:
    """Without those that hold nothing to be judged, as AffectNet's list of 400,000 faces to learn from."""
    for shard in shards:
        if shard.usage and shard.usage not in usages:
            asked.others += shard.rows
            asked.unread += shard.rows
        else:
            yield shard


def _sorted(asked: Asked, batch: Batch, usages: Collection[str]) -> Sequence[int]:
    """Note where each row of the batch belongs; the positions of those that the model is asked about."""
    asked.refusals += batch.refusals
    asked.faults += [batch.fault] if batch.fault else []
    rows = []
    for at, row in enumerate(batch.rows):
        if row.usage not in usages:
            asked.others += 1
        elif (name := asked.model.class_of(row.label)) is None:
            asked.left_out[row.usage, row.label] += 1
        else:
            asked.usages.append(row.usage)
            asked.truth.append(name)
            rows.append(at)
    return rows
