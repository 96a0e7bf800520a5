"""Why trials have failed, in a few words, and the same reasons together."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

OUT_OF_MEMORY = "out of memory: a smaller train.batch_size or fewer filters in sweep.space need less"
NUMBERS = re.compile(r"\d[\d.,]*")
LENGTH = 200


@dataclass(frozen=True)
class Group:
    """Trials that have failed for the same reason, but for numbers in it; `reason` is that of the first."""

    reason: str
    places: tuple[int, ...]

    def __str__(self) -> str:
        trials = "1 trial" if len(self.places) == 1 else f"{len(self.places)} trials"
        return f"{trials} ({', '.join(map(str, self.places))}): {self.reason}"


def reason(error: Exception) -> str:
    """One line for people. Every backend has its own error for a full memory."""
    if isinstance(error, ValidationError):
        return faults(error)[:LENGTH]
    lines = str(error).strip().splitlines() or [""]
    kind, said = type(error).__name__, lines[0][:LENGTH]
    if isinstance(error, MemoryError) or kind == "ResourceExhaustedError" or "out of memory" in said.lower():
        return OUT_OF_MEMORY
    return said if kind.endswith("Error") and type(error).__module__.startswith("mien.") else f"{kind}: {said}"


def faults(error: ValidationError) -> str:
    """Settings and what is wrong with them, `network.filters: Input should be ...`."""
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())


def grouped(reasons: Iterable[tuple[int, str]]) -> list[Group]:
    """Places and reasons as groups, the largest first."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for place, text in reasons:
        groups.setdefault(NUMBERS.sub("#", text), []).append((place, text))
    made = [Group(group[0][1], tuple(place for place, _ in group)) for group in groups.values()]
    return sorted(made, key=lambda group: (-len(group.places), group.places))
