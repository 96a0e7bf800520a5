"""The model card: what a registered model is for, what it was made of, how good it is, where it must not be used.

After Mitchell et al., "Model Cards for Model Reporting" (2019).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mien.params import Preparation


@dataclass(frozen=True)
class CardFacts:
    """All that a card states; `metrics` is metrics.json, `fingerprint` is ingest's."""

    model_name: str
    network: str
    classes: Sequence[str]
    preparation: Preparation
    metrics: Mapping[str, Any]
    fingerprint: Mapping[str, Any]
    kept: int
    dropped: int
    data_digest: str
    commit: str
    params: Mapping[str, Any]


def model_card(facts: CardFacts) -> str:
    """The card as Markdown. Raises `jinja2.UndefinedError` when a fact is missing: no card is better than a hole."""
    environment = Environment(
        loader=PackageLoader("mien", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown, not HTML
    )
    environment.filters["percent"] = lambda value: f"{value:.1%}"
    return environment.get_template("model_card.md.j2").render(facts=facts)
