"""A preset's file, read and checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mien.errors import ParamsError
from mien.params import Params, parse_params

Protocol = Literal["sound", "seed"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
"""`sound`: official split, twins apart, only validation faces choose; `seed`: as the project did it."""

PRESETS = ("blog_cnn", "affectnet_cnn", "deep_cnn", "mememoji", "vgg_small", "vgg_small_plain", "transfer")
"""The reference projects; the last three are of one of them: with augmentation, without, and what it wished for."""

PRESET_SECTIONS = ("clean", "split", "augment", "train")
"""The sections of params.yaml that a preset gives, each whole."""

FOLDER = Path(__file__).parent

Sections = Mapping[str, Mapping[str, Any]]


class Published(BaseModel):
    """What a project reports of itself; None: it does not say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accuracy: float | None = None
    correct: int | None = Field(None, description="Test faces that were recognised.")
    faces: int | None = Field(None, description="Test faces.")
    test: str | None = Field(None, description="Where they come from.")
    macro_f1: float | None = None
    loss: float | None = None


class Preset(BaseModel):
    """A reference project, by the name of its file.

    `unsound` says why no figure of its own protocol is to be believed; "" where the one on the clean rows is, as no
    protocol of these projects parts twins. `parameters` is the number of its network's parameters, None where that
    varies.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    year: int
    source: str
    published: Published
    parameters: int | None
    unsound: str
    common: Sections
    sound: Sections
    seed: Sections

    def sections(self, protocol: Protocol = "sound") -> dict[str, dict[str, Any]]:
        """PRESET_SECTIONS under one of PROTOCOLS with every key, to be put in place of what params.yaml has.

        Raises:
            ParamsError: no such protocol.
        """
        if protocol not in PROTOCOLS:
            raise ParamsError(f"no protocol {protocol!r}; known: {', '.join(PROTOCOLS)}")
        return whole_sections(parse_params(merged(self.common, getattr(self, protocol)), f"preset {self.name}"))


def whole_sections(params: Params) -> dict[str, dict[str, Any]]:
    """PRESET_SECTIONS with every key, the options of the network too."""
    sections = {name: params.section(name).model_dump(mode="json") for name in PRESET_SECTIONS}
    sections["train"]["network"] = params.train.network.whole
    return sections


def load_preset(name: str) -> Preset:
    """The preset of that name.

    Raises:
        ParamsError: there is none; the known ones are named.
    """
    if name not in PRESETS:
        raise ParamsError(f"no preset {name!r}; known: {', '.join(PRESETS)}")
    try:
        return Preset.model_validate({"name": name, **_content(name)})
    except ValidationError as error:
        raise ParamsError(f"{FOLDER / f'{name}.yaml'}: {error}") from error


def _content(name: str) -> dict[str, Any]:
    """What the file says; one that is `like` another says only what differs."""
    content: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    like = content.pop("like", None)
    return merged(_content(like), content) if like else content


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, key by key and mapping by mapping; what `above` says counts."""
    both = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping):
            both[key] = merged(below[key], above[key])
    return both
