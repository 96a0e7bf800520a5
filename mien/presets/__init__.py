"""The reference projects as sections for params.yaml: network, classes, cleaning, split, augmentation, training.

    python -m mien.presets mememoji --protocol seed

Each preset is a file here. It says what the project says; all else are the defaults of `mien.params`.
"""

from mien.presets.likeness import Likeness, likeness
from mien.presets.preset import PRESET_SECTIONS, PRESETS, PROTOCOLS, Preset, Protocol, Published, load_preset

__all__ = [
    "Likeness",
    "PRESETS",
    "PRESET_SECTIONS",
    "PROTOCOLS",
    "Preset",
    "Protocol",
    "Published",
    "likeness",
    "load_preset",
]
