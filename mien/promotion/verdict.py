"""From the answers of one or two models to figures, gates and a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mien.evaluation.judging import rounded, side_figures
from mien.gates import Gate
from mien.metrics import figures
from mien.params import EvaluateParams, Params
from mien.promotion.contender import Judged
from mien.promotion.gates import against_champion, without_champion
from mien.promotion.mcnemar import mcnemar
from mien.promotion.paired import gains

SHOWN = ("n", "accuracy", "accuracy_interval", "macro_f1", "macro_f1_interval", "recall", "ece")


@dataclass(frozen=True)
class Verdict:
    """The gates, and the figures behind them: `challenger`, and with a champion `champion`, `gain`, `mcnemar`."""

    gates: Sequence[Gate]
    figures: Mapping[str, Any]

    @property
    def passed(self) -> bool:
        """Whether every gate holds."""
        return all(gate.passed for gate in self.gates)


def judge(challenger: Judged, champion: Judged | None, classes: Sequence[str], params: Params) -> Verdict:
    """Hold a challenger against the champion, or against the absolute gates where there is none.

    Args:
        challenger: its answers.
        champion: the champion's answers to the same rows.
        classes: names of the classes.
        params: sections `promote` (limits), `register` (absolute limits), `evaluate` (bootstrap and bins).
    """
    found: dict[str, Any] = {"challenger": _side(challenger, classes, params.evaluate)}
    if champion is None:
        found = rounded(found)
        return Verdict(without_champion(found["challenger"], params.register_.gates, params.promote), found)
    found["champion"] = _side(champion, classes, params.evaluate)
    found |= _difference(challenger, champion, len(classes), params)
    found = rounded(found)
    return Verdict(against_champion(found["challenger"], found["champion"], found, params.promote), found)


def _side(judged: Judged, classes: Sequence[str], params: EvaluateParams) -> dict[str, Any]:
    """Figures of one model; the clean rows are those without a twin among the Training rows."""
    official = side_figures(judged.rows, classes, params)
    clean = judged.rows.where(~judged.rows.table["twin_in_training"].to_numpy(bool))
    on_clean = figures(clean.labels, clean.predicted, clean.tempered, classes)
    return {
        **{name: official[name] for name in SHOWN},
        "clean": {name: on_clean[name] for name in ("n", "accuracy")},
        "ms_per_face": judged.ms_per_face,
        "megabytes": judged.megabytes,
    }


def _difference(challenger: Judged, champion: Judged, classes: int, params: Params) -> dict[str, Any]:
    old, new = champion.rows, challenger.rows
    bounds = gains(
        old.labels,
        old.predicted,
        new.predicted,
        classes,
        samples=params.evaluate.bootstrap_samples,
        confidence=params.promote.confidence,
        seed=params.evaluate.seed,
    )
    return {
        "gain": {name: asdict(gain) for name, gain in bounds.items()},
        "mcnemar": asdict(mcnemar(old.correct, new.correct)),
    }
