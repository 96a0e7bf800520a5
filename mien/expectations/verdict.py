"""All findings on a data set together: what is unmet, what to say, what to write."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mien.datasets.table import Faces
from mien.expectations import docs
from mien.expectations.inspector import Finding, Inspector
from mien.expectations.rule import CRITICAL, WARNING, Severity
from mien.expectations.suite import Suite, derived_suite, raw_suite
from mien.expectations.tables import derived_tables, raw_tables
from mien.params import ValidateParams

RESULT, DATA_DOCS = "result.json", "data_docs"


@dataclass(frozen=True)
class Verdict:
    """What came of the whole suite on `faces` faces."""

    faces: int
    findings: Sequence[Finding]

    def unmet(self, severity: Severity) -> list[Finding]:
        """Findings of that severity that are not met, in the order of the suite."""
        return [finding for finding in self.findings if not finding.met and finding.rule.severity == severity]

    @property
    def success(self) -> bool:
        """Whether every critical expectation is met."""
        return not self.unmet(CRITICAL)

    def metrics(self) -> dict[str, int]:
        """How many expectations there are, are met, and are not met as warnings and as failures."""
        warnings, failed = len(self.unmet(WARNING)), len(self.unmet(CRITICAL))
        total = len(self.findings)
        return {"expectations": total, "met": total - warnings - failed, "warnings": warnings, "failed": failed}

    def to_json(self) -> str:
        """The verdict as text, the same for the same faces and limits."""
        content = {
            "success": self.success,
            "faces": self.faces,
            **self.metrics(),
            "results": [_entry(finding) for finding in sorted(self.findings, key=_order)],
        }
        return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"

    def failure(self, report: Path) -> str:
        """For people: each critical expectation that is not met, what was observed, and what to do.

        Args:
            report: folder of result.json and the Data Docs.
        """
        failed = self.unmet(CRITICAL)
        lines = [
            f"{len(failed)} of {len(self.findings)} expectations on {self.faces:,} faces are not met, and critical."
        ]
        for finding in failed:
            key = finding.rule.key
            advice = f"mend the data, or change {key} in params.yaml" if key else "mend the data; no setting allows it"
            lines += [f"- {describe(finding)}", f"    {finding.rule.reason} To do: {advice}."]
        return "\n".join(
            [*lines, f"Report: {(report / DATA_DOCS / 'index.html').as_posix()} and {(report / RESULT).as_posix()}"]
        )


def describe(finding: Finding) -> str:
    """One line: name, demand, what was observed, the first rows concerned."""
    line = f"{finding.rule.name}: expected that {finding.rule.demand}; observed: {finding.observed}"
    return "; ".join(filter(None, (line, finding.examples())))


def _order(finding: Finding) -> tuple[str, str]:
    return finding.table, finding.rule.name


def _entry(finding: Finding) -> dict[str, Any]:
    rule = finding.rule
    return {
        "name": rule.name,
        "table": finding.table,
        "severity": rule.severity,
        "success": finding.met,
        "observed": finding.observed,
        "value": finding.value,
        "limit": rule.demand,
        "params_key": rule.key,
        "reason": rule.reason,
        "expectation": rule.kind,
        "arguments": {**rule.arguments, **({"where": dict(rule.where)} if rule.where else {})},
        "rows": list(finding.rows),
    }


def _inspect(inspector: Inspector, suite: Suite, tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    return [finding for name, rules in suite.items() for finding in inspector.inspect(name, tables[name], rules)]


def examine(faces: Faces, params: ValidateParams, folder: Path) -> Verdict:
    """Hold the faces against the suite and write the Data Docs.

    Args:
        faces: what `ingest` wrote.
        params: the limits.
        folder: gets `result.json` and `data_docs/`, whatever the verdict.

    Returns:
        The findings. Where the files are not even what the other expectations take for granted, those of the first
        tables only.
    """
    inspector = Inspector(folder / DATA_DOCS)
    tables = raw_tables(faces)
    findings = _inspect(inspector, raw_suite(tables), tables)
    if all(finding.met for finding in findings):
        tables = {**tables, **derived_tables(faces, params.required_classes)}
        findings += _inspect(inspector, derived_suite(tables, params), tables)
    verdict = Verdict(len(faces), findings)
    (folder / RESULT).write_text(verdict.to_json(), encoding="utf-8")
    docs.write(inspector, verdict.findings, folder / DATA_DOCS)
    return verdict
