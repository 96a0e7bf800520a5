"""Which reference project some settings are like, and in what they differ from it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from mien.errors import ParamsError
from mien.params import Preparation, parse_params
from mien.params.edit import differences, inline
from mien.presets.preset import PRESET_SECTIONS, PRESETS, PROTOCOLS, Protocol, load_preset, whole_sections

FAR = 4
"""More differences than these make another thing of it."""

WORDS: Mapping[Protocol, str] = MappingProxyType({"sound": "sound protocol", "seed": "the seed's protocol"})


@dataclass(frozen=True)
class Likeness:
    """The nearest preset; `differences` are "key value instead of value", none where all is the same."""

    preset: str
    protocol: Protocol
    differences: tuple[str, ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """For the run of these settings, so that it is found by the preset."""
        tags = {"preset": self.preset, "preset.protocol": self.protocol}
        return tags | ({"preset.but": "; ".join(self.differences)} if self.differences else {})

    def __str__(self) -> str:
        name = f"as the preset {self.preset}, {WORDS[self.protocol]}"
        return f"{name}, but {'; '.join(self.differences)}" if self.differences else name


def likeness(sections: Mapping[str, Any]) -> Likeness | None:
    """The preset that these sections are like; None when all are far from them or have another network.

    Args:
        sections: of params.yaml by name; where one of a preset is missing or does not validate, they are like nothing.
            Of `ingest` counts how faces are prepared; where it is missing, that is as the projects did it.
    """
    if not set(PRESET_SECTIONS) <= set(sections):
        return None
    known = {name: sections[name] for name in (*PRESET_SECTIONS, "ingest") if name in sections}
    try:
        params = parse_params(known)
    except ParamsError:
        return None
    ours = {**whole_sections(params), "ingest": asdict(params.ingest.preparation())}
    candidates = [_compared(ours, name, protocol) for name in PRESETS for protocol in PROTOCOLS]
    near = [one for one in candidates if one is not None and len(one.differences) <= FAR]
    return min(near, key=lambda one: len(one.differences), default=None)


def _compared(ours: Mapping[str, Any], name: str, protocol: Protocol) -> Likeness | None:
    theirs = load_preset(name).sections(protocol)
    if theirs["train"]["network"]["name"] != ours["train"]["network"]["name"]:
        return None
    changes = differences({**theirs, "ingest": asdict(Preparation())}, ours)
    return Likeness(
        name, protocol, tuple(f"{one.key} {inline(one.after)} instead of {inline(one.before)}" for one in changes)
    )
