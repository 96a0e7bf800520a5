"""What the stages before left behind, gathered for the report.

Whatever is missing is left out of the report; nothing here fails because an earlier stage wrote less.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from mien.labels import USAGES
from mien.presets import Likeness, likeness
from mien.reasons import PIXEL_REASONS, Reason
from mien.report.doubted import Doubted, doubted

MEANING: Mapping[str, str] = MappingProxyType(
    {
        Reason.BAD_ROW: "the row does not follow the format",
        Reason.BAD_PATH: "the path leads nowhere or out of the data",
        Reason.MISSING_FILE: "the picture is not there",
        Reason.EMPTY_FILE: "the file has no bytes",
        Reason.UNDECODABLE: "no picture can be read from the file",
        Reason.FORMAT_MISMATCH: "the content is not of the kind that is needed",
        Reason.TOO_LARGE: "the picture is larger than allowed",
        Reason.BBOX_OUT: "the face's box lies outside the picture",
        Reason.UNLABELED: "there is no label",
        Reason.LABEL_OUT_OF_RANGE: "the label is not one of the label space",
        Reason.CONSTANT: "one gray value only",
        Reason.LOW_ENTROPY: "carries too little information",
        Reason.NOT_A_FACE: "no face",
        Reason.DUPLICATE_WITHIN: "repeats an earlier Training face",
        Reason.DUPLICATE_ACROSS: "Training twin of a test face",
        Reason.LABEL_CONFLICT: "twins with different labels",
        Reason.DOUBTFUL_LABEL: "the label is among those least believed",
        Reason.CLASS_POLICY: "its label is no class here",
        Reason.UNUSED_USAGE: "its Usage is not used by this split",
    }
)
"""Each reason in words."""

TABLES = (("ingest", "refused"), ("clean", "dropped"), ("split", "excluded"))
"""Tables of faces that were not used: stage and the table's name, which is what happened to them."""

PICTURES = (("clean", "gallery"), ("augment", "preview"))


@dataclass(frozen=True)
class Unused:
    """Faces left out for one reason; `by_usage` lacks Usages without any, and is empty for refused rows."""

    fate: str
    reason: str
    meaning: str
    count: int
    by_usage: Mapping[str, int]


@dataclass(frozen=True)
class BuildFacts:
    """What the report tells of the stages before.

    `sides` is a table of counts, classes (rows) by side of the split (columns); `params` and `notes` are by stage;
    `likeness` is the preset that the settings are like, if any;
    `pictures` are PNG files by name, `gallery` and `preview`.
    """

    used: int
    unused: Sequence[Unused]
    sides: pd.DataFrame
    fingerprint: Mapping[str, Any]
    params: Mapping[str, Mapping[str, Any]]
    notes: Mapping[str, Sequence[str]]
    pictures: Mapping[str, bytes]
    doubted: Sequence[Doubted]
    likeness: Likeness | None

    @property
    def warnings(self) -> Sequence[str]:
        """What ingest found strange about the source."""
        warnings: Sequence[str] = self.fingerprint.get("warnings", ())
        return warnings

    def unjudged(self, test_usage: str) -> int:
        """Faces of the test rows' Usages ("PrivateTest", or several with "+") that `clean` dropped by their pixels."""
        groups = [group for group in self.unused if group.reason in PIXEL_REASONS]
        return sum(group.by_usage.get(usage, 0) for group in groups for usage in test_usage.split("+"))

    @property
    def read(self) -> int:
        """Rows in the source: every one is either used or has a reason."""
        return self.used + sum(group.count for group in self.unused)


def collect(build: Path, stages: Sequence[str], table: pd.DataFrame, classes: Sequence[str]) -> BuildFacts:
    """Gather the facts.

    Args:
        build: the folder with one folder per stage.
        stages: those whose summary.json is told.
        table: build/split/faces.parquet.
        classes: names of the classes in order.
    """
    summaries = {stage: _json(build / stage / "summary.json") for stage in stages}
    paths = {name: build / stage / f"{name}.png" for stage, name in PICTURES}
    return BuildFacts(
        used=table["face"].nunique(),
        unused=[group for stage, name in TABLES for group in _unused(build / stage / f"{name}.parquet", name)],
        sides=_sides(table, classes),
        fingerprint=_json(build / "ingest" / "fingerprint.json"),
        params={stage: summary["params"] for stage, summary in summaries.items() if summary},
        notes={stage: summary["notes"] for stage, summary in summaries.items() if summary.get("notes")},
        likeness=likeness({stage: summary["params"] for stage, summary in summaries.items() if summary}),
        pictures={name: path.read_bytes() for name, path in paths.items() if path.is_file()},
        doubted=doubted(build / "clean" / "doubtful.parquet"),
    )


def _json(path: Path) -> dict[str, Any]:
    """The object in the file; empty when there is no file."""
    if not path.is_file():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _unused(path: Path, fate: str) -> list[Unused]:
    """Groups of one table by reason, the largest first."""
    if not path.is_file():
        return []
    table = pd.read_parquet(path)
    groups = []
    for reason, rows in table.groupby("reason", sort=True):
        usages = rows["usage"].value_counts().to_dict() if "usage" in rows else {}
        by_usage = {usage: int(usages[usage]) for usage in USAGES if usage in usages}
        groups.append(Unused(fate, str(reason), MEANING.get(str(reason), ""), len(rows), by_usage))
    return sorted(groups, key=lambda group: -group.count)


def _sides(table: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    counts = pd.crosstab(table["class"], table["split"])
    return counts.reindex(index=list(classes), columns=["train", "validation", "test"], fill_value=0)
