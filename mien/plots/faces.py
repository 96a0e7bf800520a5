"""Pictures of faces with what the network said about them, as pages of `mien.gallery`."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mien.features import FeatureMaps, most_varied
from mien.gallery import Section, sheet

WIDTH = 1150
TILE = 128
MAP_TILE = 80
MAPS_PER_LAYER = 24


@dataclass(frozen=True)
class Answer:
    """What the network said about one face: `guesses` are (class, probability), the most probable first."""

    face: int
    image: np.ndarray
    true: str
    guesses: Sequence[tuple[str, float]]

    @property
    def right(self) -> bool:
        """Whether the first guess is the label."""
        return self.guesses[0][0] == self.true


def mistakes(answers: Sequence[Answer]) -> np.ndarray:
    """Page of wrong answers, uint8 (H, W, 3): the label, the guess and how sure it was."""
    captions = [f"{a.true} (label)\n{a.guesses[0][0]} {a.guesses[0][1]:.0%}" for a in answers]
    note = "Surest first. Look for wrong labels as well as for weaknesses of the network."
    section = Section.of(f"{len(answers)} mistakes", [a.image for a in answers], captions, note)
    return sheet([section], title="Surest mistakes", width=WIDTH, size=TILE)


def guesses(answers: Sequence[Answer]) -> np.ndarray:
    """Page of test faces, uint8 (H, W, 3): the label, first and second guess."""
    captions = ["\n".join([f"{a.true} (label)", *(f"{name} {p:.0%}" for name, p in a.guesses[:2])]) for a in answers]
    first = sum(a.right for a in answers)
    second = sum(a.guesses[1][0] == a.true for a in answers)
    note = f"Drawn at random: the label is the first guess for {first}, the second for {second} of {len(answers)}."
    section = Section.of(f"{len(answers)} test faces", [a.image for a in answers], captions, note)
    return sheet([section], title="First and second guess", width=WIDTH, size=TILE)


def feature_maps(image: np.ndarray, layers: Sequence[FeatureMaps]) -> np.ndarray:
    """Page, uint8 (H, W, 3): the face, and for each layer the maps whose values spread most."""
    sections = [Section.of("The face", [image])]
    for layer in layers:
        height, width, channels = layer.maps.shape
        shown = [_enlarged(shades) for shades in shaded_maps(layer)]
        note = f"{len(shown)} of {channels} maps of {height} x {width}, those whose values vary most"
        sections.append(Section.of(layer.layer, shown, note=note))
    return sheet(sections, title="Feature maps after each pooling", width=WIDTH, size=MAP_TILE)


def shaded_maps(layer: FeatureMaps) -> list[np.ndarray]:
    """The maps whose values spread most in false colours, each over its own range: uint8 (H, W, 3) RGB."""
    return [_shaded(layer.maps[..., channel]) for channel in most_varied(layer, MAPS_PER_LAYER)]


def _shaded(values: np.ndarray) -> np.ndarray:
    span = float(values.max() - values.min())
    gray = np.rint((values - values.min()) / (span if span > 0 else 1.0) * 255).astype(np.uint8)
    coloured: np.ndarray = cv2.cvtColor(cv2.applyColorMap(gray, cv2.COLORMAP_MAGMA), cv2.COLOR_BGR2RGB)
    return coloured


def _enlarged(picture: np.ndarray) -> np.ndarray:
    """At least as large as a tile by whole pixels, so that the tile does not smooth it."""
    factor = -(-MAP_TILE // max(picture.shape[:2]))
    out: np.ndarray = picture.repeat(factor, axis=0).repeat(factor, axis=1)
    return out
