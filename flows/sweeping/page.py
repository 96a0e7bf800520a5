"""What a sweep has found, for people: lines for the terminal, a page for the UI."""

from typing import TYPE_CHECKING

from flows.reporting.pictures import embedded
from flows.sweeping.hold import REPORT, reasons
from mien.sweep.report import PICTURE
from mien.sweep.study import settings_of
from mien.sweep.table import Best, best_trials, failures, states

if TYPE_CHECKING:
    from optuna import Study


def headline(study: "Study") -> str:
    """How many trials ended how, and the best one, in a sentence."""
    counts = ", ".join(f"{count} {word}" for word, count in states(study).items())
    said = f"{sum(states(study).values())} trials of {study.study_name}: {counts or 'none begun'}"
    if not (best := best_trials(study, 1)):
        return said
    metric = settings_of(study).sweep.metric
    return f"{said}; best is trial {best[0].place}: {metric} {best[0].value:.4f} after epoch {best[0].epoch}"


def lines(study: "Study") -> str:
    """The best trials as a table of text, and why others have failed."""
    rows = [("trial", settings_of(study).sweep.metric, "epoch", "time", "settings"), *map(_cells, best_trials(study))]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    table = [
        "  ".join([*(cell.rjust(width) for cell, width in zip(row, widths, strict=False)), row[4]]) for row in rows
    ]
    failed = ["failed:", reasons(study)] if failures(study) else []
    return "\n".join([f"{headline(study)}", *table, *failed])


def page(study: "Study") -> str:
    """The same in markdown, with the picture."""
    metric = settings_of(study).sweep.metric
    rows = [f"| {' | '.join(_cells(best))} |" for best in best_trials(study)]
    failed = ["## Failed", "", reasons(study), ""] if failures(study) else []
    return "\n".join(
        [
            f"# {headline(study)}",
            "",
            f"| trial | {metric} | epoch | time | settings |",
            "|---|---|---|---|---|",
            *rows,
            "",
            *failed,
            embedded(REPORT / PICTURE, "The trials") if states(study) else "",  # else it is that of another study
            "",
            f"`python -m flows.sweep --apply --study {study.study_name}` writes the best one into params.yaml.",
        ]
    )


def _cells(best: Best) -> tuple[str, str, str, str, str]:
    time = f"{best.seconds:.0f} s" if best.seconds < 120 else f"{best.seconds / 60:.0f} min"
    return str(best.place), f"{best.value:.4f}", str(best.epoch), time, best.drawn
