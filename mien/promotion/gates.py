"""The gates between a challenger and the alias `champion`."""

from collections.abc import Mapping
from typing import Any

from mien.gates import Gate
from mien.gates import judge as judge_absolutely
from mien.params import Gates, PromoteParams

Side = Mapping[str, Any]
"""Figures of one model, as `mien.promotion.verdict` makes them."""


def without_champion(challenger: Side, gates: Gates, params: PromoteParams) -> list[Gate]:
    """Absolute gates: those of the registration, on these rows, and what the model costs to use."""
    return [*judge_absolutely(challenger, gates), *_costs(challenger, params)]


def against_champion(
    challenger: Side, champion: Side, difference: Mapping[str, Any], params: PromoteParams
) -> list[Gate]:
    """Gates on the difference between two models that answered the same rows.

    Args:
        challenger: its figures.
        champion: its figures.
        difference: `gain` (by the paired bootstrap) and `mcnemar`.
        params: the limits.
    """
    low, p = difference["gain"]["accuracy"]["low"], difference["mcnemar"]["p"]
    rise = challenger["ece"] - champion["ece"]
    loss = champion["clean"]["accuracy"] - challenger["clean"]["accuracy"]
    return [
        Gate("gain_lower_bound", low, params.min_gain, low > params.min_gain),
        _at_most("max_mcnemar_p", p, params.alpha),
        _recall_drop(challenger["recall"], champion["recall"], params.max_recall_drop),
        _at_most("max_ece", challenger["ece"], params.max_ece),
        _at_most("max_ece_rise", rise, params.max_ece_rise),
        _at_most("max_clean_loss", loss, params.max_clean_loss),
        *_costs(challenger, params),
    ]


def _costs(challenger: Side, params: PromoteParams) -> list[Gate]:
    return [
        _at_most("max_ms_per_face", challenger["ms_per_face"], params.max_ms_per_face),
        _at_most("max_megabytes", challenger["megabytes"], params.max_megabytes),
    ]


def _recall_drop(challenger: Mapping[str, float], champion: Mapping[str, float], limit: float) -> Gate:
    """The class whose recall falls most; negative where every one rises."""
    drops = {name: champion[name] - recall for name, recall in challenger.items()}
    worst = max(drops, key=lambda name: drops[name])
    return _at_most("max_recall_drop", drops[worst], limit, worst)


def _at_most(name: str, observed: float, limit: float, of: str = "") -> Gate:
    return Gate(name, observed, limit, observed <= limit, of)
