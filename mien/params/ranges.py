"""Ranges of random changes of faces, by name or by value."""

from pydantic import Field

from mien.params.section import Section


class Ranges(Section):
    """Ranges of random changes; each is drawn uniformly from [-value, value] around "no change"."""

    rotation: float = Field(0.0, ge=0.0, le=180.0, description="Degrees.")
    shift: float = Field(0.0, ge=0.0, le=0.5, description="Share of width and, drawn apart, of height.")
    shear: float = Field(0.0, ge=0.0, le=0.8, description="Radians by which vertical lines lean.")
    zoom: float = Field(0.0, ge=0.0, lt=0.9, description="Scale factor around 1, of width and height drawn apart.")
    flip: bool = Field(False, description="Mirror half of the faces.")
    brightness: float = Field(0.0, ge=0.0, le=1.0, description="Factor around 1.")


RANGES: dict[str, Ranges] = {
    "none": Ranges(),
    "light": Ranges(rotation=10, shift=0.08, zoom=0.1, flip=True, brightness=0.15),
    "deep_cnn": Ranges(rotation=15, shift=0.15, shear=0.15, zoom=0.15, flip=True),
    "vgg_small": Ranges(rotation=40, shift=0.2, shear=0.2, flip=True),
}
"""Named ranges; the last two are those of the projects whose presets have these names."""


def named_ranges(value: object) -> object:
    """Ranges for their name; anything else as it is.

    Raises:
        ValueError: there are none of that name.
    """
    if isinstance(value, str):
        if value not in RANGES:
            raise ValueError(f"no ranges of that name; known: {', '.join(RANGES)}")
        return RANGES[value]
    return value
