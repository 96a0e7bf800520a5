"""What is compared: presets under their protocols, and the order in which that takes least time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from flows.checkout.overrides import check_params
from mien.comparison import ALL, NONE, Result
from mien.errors import ParamsError
from mien.presets import PRESETS, Preset, Protocol, load_preset
from tasks.tracking.run import flatten

Choice = Literal["both", "seed", "sound"]

BOTH: tuple[Protocol, ...] = ("seed", "sound")
"""In the order of the table: first what was published, then what can be believed."""

EARLY = ("clean", "split", "augment")
"""Sections of the stages whose results presets may have in common."""


@dataclass(frozen=True)
class Entry:
    """A preset under one of its protocols."""

    preset: Preset
    protocol: Protocol
    settings: str = ""
    """What is set on top, in words."""

    @property
    def result(self) -> Result:
        """What is known before it has run."""
        published, unsound = self.preset.published, self.preset.unsound if self.protocol == "seed" else ""
        return Result(
            self.preset.name,
            self.protocol,
            self.preset.title,
            believable=NONE if unsound else ALL,
            fault=f"{unsound}." if unsound else "",
            published=published.accuracy,
            published_test=published.test,
            settings=self.settings,
        )

    def judged(self, figures: Mapping[str, Any]) -> Result:
        """The result with the figures of its run; what is wrong in principle counts beside what was counted."""
        found, known = replace(self.result, **figures), self.result
        return replace(found, believable=NONE, fault=f"{known.fault} {found.fault}") if known.fault else found

    @property
    def sections(self) -> dict[str, dict[str, Any]]:
        """What it puts in place of sections of params.yaml."""
        return self.preset.sections(self.protocol)


def entries(names: Sequence[str], choice: Choice, params: Mapping[str, Any]) -> list[Entry]:
    """The named presets (all without names), each once, under one protocol or both, in the order of the table.

    Raises:
        ParamsError: no such preset, or settings that do not validate on top of one of them.
    """
    presets = [load_preset(name) for name in dict.fromkeys(names or PRESETS)]
    protocols = [protocol for protocol in BOTH if choice in ("both", protocol)]
    settings = ", ".join(f"{key} = {value}" for key, value in flatten(params).items())
    listed = [Entry(preset, protocol, settings) for preset in presets for protocol in protocols]
    for entry in listed:
        try:
            check_params(params, entry.sections)
        except ParamsError as error:
            raise ParamsError(f"{entry.result.name}: {error}") from error
    return listed


def in_running_order(listed: Sequence[Entry]) -> list[Entry]:
    """The same, those with the same early stages beside each other: a stage that is in place need not be fetched."""
    orders: list[dict[str, int]] = [{} for _ in EARLY]

    def place(entry: Entry) -> list[int]:
        texts = [json.dumps(entry.sections[name], sort_keys=True) for name in EARLY]
        return [known.setdefault(text, len(known)) for known, text in zip(orders, texts, strict=True)]

    return sorted(listed, key=place)
