"""Whether a figure can be believed, told by the rows alone: no test face may teach or choose, nor may its twin."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Soundness:
    """How many of the `test` faces were not kept apart.

    `test_in_training` and `test_in_validation` of them have that role too; of the others, `twins_in_training` and
    `twins_in_validation` have an identical image there, and of the rest `near_in_training` and `near_in_validation` a
    nearly identical one, as far as `clean` was asked to look for such (`clean.near`).
    """

    test: int
    test_in_training: int = 0
    twins_in_training: int = 0
    test_in_validation: int = 0
    twins_in_validation: int = 0
    near_in_training: int = 0
    near_in_validation: int = 0

    @property
    def seen(self) -> int:
        """Largest number of test faces that taught or chose, themselves or by a twin."""
        return max(
            self.test_in_training + self.twins_in_training + self.near_in_training,
            self.test_in_validation + self.twins_in_validation + self.near_in_validation,
        )

    @property
    def sound(self) -> bool:
        """Whether every test face was kept apart."""
        return not self.seen

    @property
    def statement(self) -> str:
        """In plain words what is wrong, "" when nothing is."""
        facts = [f"{count:,} of {self.test:,} test faces {fate}" for count, fate in self._fates() if count]
        if self.sound:
            return ""
        if self.test_in_training or self.test_in_validation:
            return f"These figures are not to be believed: {'; '.join(facts)}."
        if not self.twins_in_training:
            return f"All figures, also the clean ones, are somewhat too good to be believed: {'; '.join(facts)}."
        clean = "The clean figures leave out those with an identical twin among the faces that were learned from"
        others = self.near_in_training or self.twins_in_validation or self.near_in_validation
        return (
            f"The official figures are too good to be believed: {'; '.join(facts)}. {clean}"
            f"{', and none of the others.' if others else '.'}"
        )

    def _fates(self) -> list[tuple[int, str]]:
        return [
            (self.test_in_training, "were learned from"),
            (self.twins_in_training, "have an identical twin among the faces that were learned from"),
            (self.near_in_training, "have a nearly identical twin among the faces that were learned from"),
            (self.test_in_validation, "chose the weights"),
            (self.twins_in_validation, "have an identical twin among the faces that chose the weights"),
            (self.near_in_validation, "have a nearly identical twin among the faces that chose the weights"),
        ]

    @property
    def record(self) -> Mapping[str, bool | int | str]:
        """What metrics.json says of it."""
        return {
            "sound": self.sound,
            "seen": self.seen,
            "test_in_training": self.test_in_training,
            "twins_in_training": self.twins_in_training,
            "test_in_validation": self.test_in_validation,
            "twins_in_validation": self.twins_in_validation,
            "near_in_training": self.near_in_training,
            "near_in_validation": self.near_in_validation,
            "statement": self.statement,
        }


def soundness(table: pd.DataFrame) -> Soundness:
    """Look for the test faces on the other sides.

    Args:
        table: build/split/faces.parquet, all sides; `face`, `split`, `sha256` and `group` (of twins) are used.
    """
    test = table[table["split"] == "test"]
    counts = {}
    for side, name in (("train", "training"), ("validation", "validation")):
        others = table[table["split"] == side]
        itself = test["face"].isin(others["face"])
        counts[f"test_in_{name}"] = int(itself.sum())
        twin = ~itself & test["sha256"].isin(others["sha256"])
        counts[f"twins_in_{name}"] = int(twin.sum())
        counts[f"near_in_{name}"] = int((~itself & ~twin & test["group"].isin(others["group"])).sum())
    return Soundness(len(test), **counts)
