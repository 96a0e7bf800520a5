"""A trial for people: lines for the log, a page for the UI and for MLflow."""

from collections.abc import Mapping
from typing import Any

from flows.promotion.trial import Trial
from mien.gates import Gate

GAINS = {"accuracy": "accuracy", "macro_f1": "macro F1"}
COSTS = {"ece": ("calibration error", ".3f"), "ms_per_face": ("ms per face", ".1f"), "megabytes": ("megabytes", ".2f")}


def headline(trial: Trial) -> str:
    """What came out, in a sentence."""
    against = f"against version {trial.champion}, the champion" if trial.champion else "with no champion to beat"
    failed = [gate.name for gate in trial.verdict.gates if not gate.passed]
    outcome = f"does not pass ({', '.join(failed)})" if failed else "passes every gate"
    return f"version {trial.challenger} of {trial.model_name!r} {outcome} {against}"


def rows_line(trial: Trial) -> str:
    """Which rows were used."""
    missing = ", ".join(f"{count:,} were no test rows of {name}" for name, count in trial.left_out.items() if count)
    return (
        f"judged on {trial.rows['compared']:,} of {trial.rows['test']:,} test rows of {trial.usage}"
        f"{f' ({missing})' if missing else ''}, {trial.rows['clean']:,} of them without a twin among the Training rows"
    )


def lines(trial: Trial) -> str:
    """The gates as a table of text."""
    width = max(len(gate.name) for gate in trial.verdict.gates)
    rows = [
        f"  {gate.name:<{width}}  {_observed(gate):>12}  {gate.rule:<16}  {'passed' if gate.passed else 'FAILED'}"
        f"{f'  ({gate.of})' if gate.of else ''}"
        for gate in trial.verdict.gates
    ]
    return "\n".join([f"{headline(trial)};", f"{rows_line(trial)}.", *rows])


def page(trial: Trial) -> str:
    """Gates and figures in markdown."""
    gates = [
        f"| {gate.name}{f' ({gate.of})' if gate.of else ''} | {_observed(gate)} | {gate.rule} | "
        f"{'passed' if gate.passed else '**failed**'} |"
        for gate in trial.verdict.gates
    ]
    said = headline(trial)
    return "\n".join(
        [
            f"# {said[0].upper()}{said[1:]}",
            "",
            f"Both were scored anew and {rows_line(trial)}." if trial.champion else f"It was {rows_line(trial)}.",
            "",
            "| gate | observed | asked for | |",
            "|---|---|---|---|",
            *gates,
            "",
            *_figures(trial),
        ]
    )


def _figures(trial: Trial) -> list[str]:
    found = trial.verdict.figures
    new, old = found["challenger"], found.get("champion")
    if old is None:
        return [f"Accuracy {_with_interval(new, 'accuracy')}, macro F1 {_with_interval(new, 'macro_f1')}."]
    pairs = found["mcnemar"]
    return [
        "| figure | challenger | champion | gain |",
        "|---|---|---|---|",
        *(_gain_row(name, new, old, found["gain"][name]) for name in GAINS),
        f"| accuracy, clean rows | {new['clean']['accuracy']:.3f} | {old['clean']['accuracy']:.3f} | |",
        *(f"| recall of {name} | {new['recall'][name]:.3f} | {old['recall'][name]:.3f} | |" for name in new["recall"]),
        *(f"| {shown} | {new[name]:{form}} | {old[name]:{form}} | |" for name, (shown, form) in COSTS.items()),
        "",
        f"Intervals in brackets; those of the gains by the paired bootstrap. McNemar's test: {pairs['only_new']:,} "
        f"rows only the challenger has right, {pairs['only_old']:,} only the champion, p = {pairs['p']:.4f} "
        f"({'exact' if pairs['exact'] else 'chi-squared with continuity correction'}).",
    ]


def _gain_row(name: str, new: Mapping[str, Any], old: Mapping[str, Any], gain: Mapping[str, float]) -> str:
    bounds = f"{gain['value']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f})"
    return f"| {GAINS[name]} | {_with_interval(new, name)} | {_with_interval(old, name)} | {bounds} |"


def _with_interval(side: Mapping[str, Any], name: str) -> str:
    interval = side[f"{name}_interval"]
    return f"{side[name]:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"


def _observed(gate: Gate) -> str:
    return f"{gate.observed:.4f}"
