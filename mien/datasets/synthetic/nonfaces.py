"""What is not a face, or hardly: placeholder texts and icons, and watermarks laid over a face."""

import cv2
import numpy as np

_SIZE = 48
_TEXTS = (
    ("IMAGE", "NOT", "FOUND"),
    ("NO", "PHOTO"),
    ("PHOTO", "COMING", "SOON"),
    ("404",),
    ("IMAGE", "REMOVED"),
    ("NOT", "AVAILABLE"),
)
_MARKS = ("SAMPLE", "PREVIEW", "STOCK", "DRAFT", "(c) PHOTO")


def draw_text(rng: np.random.Generator) -> np.ndarray:
    """A placeholder such as "image not found", uint8 (48, 48)."""
    lines = _TEXTS[int(rng.integers(len(_TEXTS)))]
    paper, ink = (int(rng.integers(225, 250)), 120) if rng.random() < 0.7 else (int(rng.integers(20, 50)), 190)
    picture = np.full((_SIZE * 4, _SIZE * 4), paper, np.uint8)
    for number, line in enumerate(lines):
        middle = _SIZE * 2 + (number - (len(lines) - 1) / 2) * 46
        _write(picture, line, (_SIZE * 2, int(middle)), ink, 180)
    return _small(_placed(picture, paper, rng))


def draw_icon(rng: np.random.Generator) -> np.ndarray:
    """A placeholder picture: the silhouette of a person, a smiley or a broken image, uint8 (48, 48)."""
    paper = int(rng.integers(200, 250))
    picture = np.full((_SIZE * 4, _SIZE * 4), paper, np.uint8)
    gray = int(rng.integers(90, 170))
    (_silhouette, _smiley, _broken)[int(rng.integers(3))](picture, gray)
    return _small(_placed(picture, paper, rng))


def watermark(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`face` (uint8, 48 x 48) with a half transparent text across it."""
    large = cv2.resize(face, (192, 192), interpolation=cv2.INTER_CUBIC)
    layer = np.zeros_like(large)
    _write(layer, _MARKS[int(rng.integers(len(_MARKS)))], (96, int(rng.integers(60, 150))), 255, 180)
    turn = cv2.getRotationMatrix2D((96, 96), float(rng.uniform(-25, 25)), 1.0)
    mask = cv2.warpAffine(layer, turn, (192, 192)).astype(np.float32) / 255 * 0.6
    ink = 255.0 if face.mean() < 150 else 20.0
    return _small(np.round(large + mask * (ink - large)).astype(np.uint8))


def _write(picture: np.ndarray, text: str, middle: tuple[int, int], ink: int, width: int) -> None:
    font, thickness = cv2.FONT_HERSHEY_DUPLEX, 3
    (wide, _), _ = cv2.getTextSize(text, font, 1.0, thickness)
    scale = min(1.9, width / wide)
    (wide, tall), _ = cv2.getTextSize(text, font, scale, thickness)
    cv2.putText(picture, text, (middle[0] - wide // 2, middle[1] + tall // 2), font, scale, ink, thickness, cv2.LINE_AA)


def _silhouette(picture: np.ndarray, gray: int) -> None:
    cv2.circle(picture, (96, 74), 36, gray, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (96, 186), (66, 62), 0, 180, 360, gray, -1, cv2.LINE_AA)


def _smiley(picture: np.ndarray, gray: int) -> None:
    cv2.circle(picture, (96, 96), 70, gray, 8, cv2.LINE_AA)
    for x in (72, 120):
        cv2.circle(picture, (x, 78), 9, gray, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (96, 100), (40, 34), 0, 15, 165, gray, 8, cv2.LINE_AA)


def _broken(picture: np.ndarray, gray: int) -> None:
    cv2.rectangle(picture, (36, 46), (156, 146), gray, 7, cv2.LINE_AA)
    cv2.line(picture, (36, 146), (156, 46), gray, 7, cv2.LINE_AA)
    cv2.line(picture, (36, 46), (156, 146), gray, 7, cv2.LINE_AA)


def _placed(picture: np.ndarray, paper: int, rng: np.random.Generator) -> np.ndarray:
    """The picture moved, scaled and turned a little, so that no two placeholders are twins by chance."""
    middle = _SIZE * 2
    move = cv2.getRotationMatrix2D((middle, middle), float(rng.uniform(-12, 12)), float(rng.uniform(0.65, 1.0)))
    move[:, 2] += rng.uniform(-24, 24, 2)
    return np.asarray(cv2.warpAffine(picture, move, picture.shape, borderValue=paper))


def _small(picture: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.resize(picture, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA))
