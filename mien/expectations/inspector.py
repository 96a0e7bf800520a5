"""Great Expectations at work: runs the rules on a table and says of each what was observed.

The context lives in memory, shows no progress and sends nothing; all that it writes are the Data Docs.
"""

import datetime
import gc
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

import pandas as pd

from mien.expectations.rule import Rule

EXAMPLES = 10
"""Rows concerned that a finding names."""

SITE = "data_docs"
SOURCE = "data"
RUN = "validate"
RUN_TIME = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
"""Stands for the time of the run, which must not be in an output."""

INDEX = {
    "table": ("face", "sample_id"),
    "images": ("images", "rows", "height", "width"),
    "faces": ("sample_id",),
    "classes": ("label", "faces"),
    "usages": ("usage", "faces"),
    "twins": ("sample_id", "faces"),
}
"""Columns that name a row of each table to a person."""


@dataclass(frozen=True)
class Finding:
    """What came of one rule: `observed` in words, `value` as a number where there is one, up to EXAMPLES `rows`."""

    rule: Rule
    table: str
    met: bool
    observed: str
    value: float | None
    rows: tuple[Mapping[str, Any], ...]

    def examples(self, count: int = 3) -> str:
        """The first rows concerned in words, or nothing."""
        rows = (", ".join(f"{name} {value}" for name, value in row.items()) for row in self.rows[:count])
        return f"first: {'; '.join(rows)}" if self.rows else ""


class Inspector:
    """A Great Expectations context whose Data Docs go to a folder; importing the library takes two seconds."""

    def __init__(self, folder: Path) -> None:
        with _without_collector():
            from great_expectations import get_context
            from great_expectations.data_context.types.base import (
                DataContextConfig,
                InMemoryStoreBackendDefaults,
                ProgressBarsConfig,
            )
        site = {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.absolute())},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False},
        }
        config = DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            data_docs_sites={SITE: site},
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        )
        self._context = get_context(mode="ephemeral", project_config=config)
        self._source = self._context.data_sources.add_pandas(SOURCE)

    def inspect(self, name: str, table: pd.DataFrame, rules: Sequence[Rule]) -> list[Finding]:
        """Hold `table` against `rules`; `name` is its title in the Data Docs."""
        from great_expectations import ExpectationSuite, ValidationDefinition
        from great_expectations.core.run_identifier import RunIdentifier

        if not rules:
            return []
        batch = self._source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
        suite = self._context.suites.add(ExpectationSuite(name, expectations=[_expectation(rule) for rule in rules]))
        definition = ValidationDefinition(name=name, data=batch, suite=suite)
        result = self._context.validation_definitions.add(definition).run(
            batch_parameters={"dataframe": table},
            result_format={
                "result_format": "SUMMARY",
                "partial_unexpected_count": EXAMPLES,
                "unexpected_index_column_names": [column for column in INDEX[name] if column in table],
            },
            run_id=RunIdentifier(RUN, RUN_TIME),
        )
        judged = {outcome.expectation_config.meta["name"]: outcome for outcome in result.results}
        return [_finding(rule, name, table, judged[rule.name]) for rule in rules]

    def write_docs(self) -> None:
        """Write the pages of all tables inspected so far."""
        self._context.build_data_docs(site_names=[SITE])


@contextmanager
def _without_collector() -> Iterator[None]:
    """Importing makes many objects that stay: looking for waste among them, now and at exit, costs a second."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def _expectation(rule: Rule) -> Any:  # noqa: ANN401
    """The expectation of the library, under the rule's name."""
    import great_expectations.expectations as library
    from great_expectations.expectations.row_conditions import Column

    options: dict[str, Any] = dict(rule.arguments)
    for column, value in rule.where.items():
        options["row_condition"] = Column(column) == value
    return getattr(library, rule.kind)(
        **options,
        severity=rule.severity,
        meta={"name": rule.name},
        description=f"{rule.name} ({rule.severity}): {rule.demand}. {rule.reason}",
    )


def _finding(rule: Rule, name: str, table: pd.DataFrame, outcome: Any) -> Finding:  # noqa: ANN401
    result = outcome.result
    fault = "" if result else _exception(outcome.exception_info)
    value = _value(result)
    observed = fault or _observed(rule, result, value)
    rows = () if fault else _rows(rule, name, table, result)
    return Finding(rule, name, bool(outcome.success), observed, value, tuple(rows[:EXAMPLES]))


def _exception(info: Mapping[str, Any]) -> str:
    """First line of why an expectation could not be computed."""
    details = [info] if "exception_message" in info else list(info.values())
    lines = [str(detail["exception_message"]).strip().splitlines() for detail in details]
    return f"not computed: {next((line[0] for line in lines if line), 'no reason given')}"


def _value(result: Mapping[str, Any]) -> float | None:
    """The number that was held against the limit: a figure of the table, or the share of rows that do not fit."""
    value = result.get("observed_value")
    if "unexpected_count" in result:
        value = result["unexpected_count"] / max(1, result["element_count"])
    number = isinstance(value, Real) and math.isfinite(value)
    return round(float(value), 6) if value is not None and number else None


def _observed(rule: Rule, result: Mapping[str, Any], value: float | None) -> str:
    if "unexpected_count" in result:
        count, total = result["unexpected_count"], result["element_count"]
        return f"{count:,} of {total:,} ({count / max(1, total):.2%}) do not fit" if count else f"all {total:,} fit"
    if "missing_count" in result:
        return "missing: " + (", ".join(sorted(result["partial_missing_list"])) or "none")
    mismatched = result.get("details", {}).get("mismatched")
    if mismatched:
        return "; ".join(f"{word}: {', '.join(sorted(names))}" for word, names in sorted(mismatched.items()))
    if value is not None:
        return rule.form.format(int(value) if value.is_integer() else value)
    received = result.get("observed_value")
    if isinstance(received, list):
        return "as demanded"
    return str(received) if received is not None else "no finite number"


def _rows(rule: Rule, name: str, table: pd.DataFrame, result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows concerned, each by the columns that name it and those that were judged."""
    if "partial_unexpected_index_list" in result:
        return [_plain(row) for row in result["partial_unexpected_index_list"]]
    if "observed_partition" in result.get("details", {}):
        return _shares(result["details"])
    column = rule.arguments.get("column")
    chosen = table.iloc[:0]
    if rule.marked:
        chosen = table[table[rule.marked]]
    elif rule.kind in ("ExpectColumnMinToBeBetween", "ExpectColumnMaxToBeBetween"):
        chosen = table[(table[column] == result.get("observed_value")) & _mask(rule, table)]
    names = [*INDEX[name], *([column] if column and not rule.marked else [])]
    rows = chosen[:EXAMPLES][list(dict.fromkeys(names))].to_dict("records")
    return [_plain({str(name): value for name, value in row.items()}) for row in rows]


def _mask(rule: Rule, table: pd.DataFrame) -> pd.Series:
    mask = pd.Series(True, index=table.index)
    for column, value in rule.where.items():
        mask &= table[column] == value
    return mask


def _shares(details: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Share of each label as expected and as observed, the largest difference first."""
    expected, observed = (
        dict(zip(details[name]["values"], details[name]["weights"], strict=True))
        for name in ("expected_partition", "observed_partition")
    )
    labels = sorted(observed, key=lambda label: (-abs(observed[label] - expected.get(label, 0.0)), label))
    return [
        _plain({"label": label, "expected": expected.get(label, 0.0), "observed": observed[label]}) for label in labels
    ]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for JSON: numbers rounded, null for what is none, columns in alphabetical order."""
    plain = {}
    for name in sorted(row):
        value = row[name].item() if hasattr(row[name], "item") else row[name]
        missing = value is None or value is pd.NA or value != value
        plain[name] = None if missing else round(value, 6) if isinstance(value, float) else value
    return plain
