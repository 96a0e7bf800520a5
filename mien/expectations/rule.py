"""One expectation: how bad it is when it is not met, what it demands and why, and how Great Expectations checks it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["critical", "warning"]
CRITICAL: Severity = "critical"
WARNING: Severity = "warning"


@dataclass(frozen=True)
class Rule:
    """One expectation on one table.

    Attributes:
        name: unique in the suite; messages, result.json and the Data Docs use it.
        severity: a critical one that is not met fails the stage.
        demand: what must hold, limit included.
        reason: one sentence on what goes wrong otherwise.
        kind: class in `great_expectations.expectations`.
        arguments: its arguments.
        key: key of params.yaml that holds the limit; empty where no setting can make such data usable.
        where: value of a column that restricts the rows looked at.
        marked: bool column of the rows concerned, for a kind that judges the table as a whole.
        form: format of an observed number.
    """

    name: str
    severity: Severity
    demand: str
    reason: str
    kind: str
    arguments: Mapping[str, Any]
    key: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    marked: str = ""
    form: str = "{:,.4g}"
