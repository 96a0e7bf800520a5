"""Draw one face: who, with what expression, under what light, seen how."""

import numpy as np

from mien.datasets.synthetic.action_units import STRENGTH, express
from mien.datasets.synthetic.camera import draw_pose, photograph
from mien.datasets.synthetic.identity import draw_identity
from mien.datasets.synthetic.portrait import Look, draw_portrait
from mien.datasets.synthetic.surface import Light

OCCLUSIONS = ("none", "hand", "scarf", "strand")
_OCCLUSION_SHARES = (0.89, 0.04, 0.03, 0.04)


def draw_face(emotion: str, seed: tuple[int, ...], strength: float | None = None) -> np.ndarray:
    """Draw one face.

    Args:
        emotion: one of `mien.labels.EMOTIONS`.
        seed: the same numbers give the same pixels.
        strength: of the expression, 0 to 1; None draws it from STRENGTH.

    Returns:
        uint8 (48, 48).
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    who = draw_identity(rng)
    drawn = float(rng.uniform(*STRENGTH))
    units = express(emotion, drawn if strength is None else strength, rng)
    portrait = draw_portrait(who, units, draw_look(rng), rng)
    return photograph(portrait, draw_pose(rng), rng)


def draw_look(rng: np.random.Generator) -> Look:
    """Draw light, gaze and what hides a part of the face."""
    light = Light(
        direction=(float(rng.normal(0.0, 0.45)), float(rng.uniform(-0.75, 0.1)), 1.0),
        ambient=float(rng.uniform(0.25, 0.6)),
    )
    gaze = (float(np.clip(rng.normal(0, 0.16), -0.4, 0.4)), float(np.clip(rng.normal(0, 0.06), -0.15, 0.15)))
    return Look(light, gaze, str(rng.choice(OCCLUSIONS, p=_OCCLUSION_SHARES)))
