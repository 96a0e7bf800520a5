"""Absolute gates: what a model must reach before it is registered at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mien.params import Gates


@dataclass(frozen=True)
class Gate:
    """One gate: the figure (`of` a class, where it is the worst one's), its limit, and whether it holds."""

    name: str
    observed: float | int
    limit: float
    passed: bool
    of: str = ""

    @property
    def rule(self) -> str:
        """What is asked for; a name that begins with neither `max_` nor `min_` is a figure that must exceed it."""
        relation = {"max_": "at most", "min_": "at least"}.get(self.name[:4], "more than")
        return f"{relation} {self.limit:g}"

    def __str__(self) -> str:
        """As a line for people."""
        of = f" of {self.of}" if self.of else ""
        observed = f"{self.observed:,}" if isinstance(self.observed, int) else f"{self.observed:.4f}"
        return f"{self.name}: {observed}{of}, must be {self.rule}"


def judge(figures: Mapping[str, Any], gates: Gates) -> list[Gate]:
    """Hold the official figures of metrics.json (`accuracy`, `macro_f1`, `recall` per class, `ece`) against `gates`."""
    name, worst = min(figures["recall"].items(), key=lambda item: item[1])
    return [
        Gate("min_accuracy", figures["accuracy"], gates.min_accuracy, figures["accuracy"] >= gates.min_accuracy),
        Gate("min_macro_f1", figures["macro_f1"], gates.min_macro_f1, figures["macro_f1"] >= gates.min_macro_f1),
        Gate("min_recall", worst, gates.min_recall, worst >= gates.min_recall, name),
        Gate("max_ece", figures["ece"], gates.max_ece, figures["ece"] <= gates.max_ece),
    ]


def judge_protocol(protocol: Mapping[str, Any]) -> Gate:
    """No limit to be set: a figure that was reached on test faces that taught or chose says nothing.

    Args:
        protocol: of metrics.json.
    """
    return Gate("max_seen_test_faces", protocol["seen"], 0, protocol["sound"])
