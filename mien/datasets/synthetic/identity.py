"""Who is drawn: the features of a face that do not depend on its expression."""

from dataclasses import dataclass

import numpy as np

HAIR_STYLES = ("bald", "crop", "side", "fringe", "long", "bob", "bun", "curly", "receding", "veil", "cap")
_HAIR_SHARES = (0.05, 0.16, 0.14, 0.11, 0.16, 0.09, 0.07, 0.1, 0.05, 0.04, 0.03)

BEARDS = ("none", "stubble", "moustache", "goatee", "full")
_BEARD_SHARES = (0.36, 0.28, 0.07, 0.11, 0.18)

GLASSES = ("none", "round", "square", "rimless")
_GLASSES_SHARES = (0.82, 0.06, 0.08, 0.04)


@dataclass(frozen=True)
class Identity:
    """Gray levels are in [0, 1], lengths in face units, `age` from 0 (young) to 1."""

    skin: float
    age: float
    width: float
    jaw: float
    chin: float
    ear: float
    eye_gap: float
    eye_level: float
    eye_width: float
    eye_height: float
    eye_slant: float
    iris: float
    lashes: float
    brow_level: float
    brow_width: float
    brow_arch: float
    brow_gray: float
    nose_length: float
    nose_width: float
    mouth_level: float
    mouth_width: float
    lip_upper: float
    lip_lower: float
    lip_tone: float
    hair: str
    hair_gray: float
    hairline: float
    parting: float
    beard: str
    beard_density: float
    glasses: str
    earrings: bool
    clothes: float


def draw_identity(rng: np.random.Generator) -> Identity:
    """Draw a person. About half have traits read as female, which go together: longer hair, lashes, lips, no beard."""
    female = bool(rng.random() < 0.5)
    age = float(rng.random() ** 1.5)
    skin = float(rng.choice((0.36, 0.5, 0.63, 0.76), p=(0.16, 0.2, 0.27, 0.37)) + rng.uniform(-0.06, 0.06))
    hair_gray = _hair_gray(skin, age, rng)
    return Identity(
        skin=skin,
        age=age,
        width=float(rng.uniform(0.9, 1.06)) - 0.03 * female,
        jaw=float(rng.uniform(0.72, 0.9)) - 0.05 * female,
        chin=float(rng.uniform(1.14, 1.32)) - 0.05 * female,
        ear=float(rng.uniform(0.8, 1.2)),
        eye_gap=float(rng.uniform(0.4, 0.46)),
        eye_level=float(rng.uniform(-0.2, -0.1)),
        eye_width=float(rng.uniform(0.2, 0.25)),
        eye_height=float(rng.uniform(0.078, 0.108)) + 0.01 * female,
        eye_slant=float(rng.uniform(-0.02, 0.035)),
        iris=float(rng.choice((0.05, 0.14, 0.3), p=(0.55, 0.25, 0.2))),
        lashes=float(rng.uniform(0.6, 1.0)) if female else float(rng.uniform(0.15, 0.5)),
        brow_level=float(rng.uniform(0.23, 0.32)),
        brow_width=float(rng.uniform(0.035, 0.06)) if female else float(rng.uniform(0.05, 0.09)),
        brow_arch=float(rng.uniform(0.01, 0.07)),
        brow_gray=min(0.42, hair_gray * 0.8 + 0.02),
        nose_length=float(rng.uniform(0.42, 0.53)),
        nose_width=float(rng.uniform(0.14, 0.23)),
        mouth_level=float(rng.uniform(0.64, 0.73)),
        mouth_width=float(rng.uniform(0.33, 0.42)),
        lip_upper=float(rng.uniform(0.035, 0.068)) + 0.02 * female,
        lip_lower=float(rng.uniform(0.055, 0.095)) + 0.02 * female,
        lip_tone=float(rng.uniform(0.5, 0.75)) if female else float(rng.uniform(0.74, 0.88)),
        hair=_hair(female, rng),
        hair_gray=hair_gray,
        hairline=float(rng.uniform(-0.95, -0.72)),
        parting=float(rng.uniform(-0.5, 0.5)),
        beard="none" if female else str(rng.choice(BEARDS, p=_BEARD_SHARES)),
        beard_density=float(rng.uniform(0.45, 0.95)),
        glasses=str(rng.choice(GLASSES, p=_GLASSES_SHARES)),
        earrings=bool(female and rng.random() < 0.3),
        clothes=float(rng.uniform(0.05, 0.9)),
    )


def _hair_gray(skin: float, age: float, rng: np.random.Generator) -> float:
    if age > 0.6 and rng.random() < 0.6:
        return float(rng.uniform(0.5, 0.85))
    if skin < 0.6 or rng.random() < 0.55:
        return float(rng.uniform(0.04, 0.16))
    return float(rng.uniform(0.16, 0.6))


def _hair(female: bool, rng: np.random.Generator) -> str:
    shares = np.array(_HAIR_SHARES)
    unlikely = {"bald", "receding", "crop"} if female else {"long", "bob", "bun", "veil", "fringe"}
    weights = np.where([style in unlikely for style in HAIR_STYLES], 0.06, 1.0) * shares
    return str(rng.choice(HAIR_STYLES, p=weights / weights.sum()))
