"""Small files in exactly the formats of FER2013 and FER+."""

from pathlib import Path

import cv2
import numpy as np

from mien.labels import FERPLUS_VOTES, USAGES

HEADER = "emotion,pixels,Usage"
FERPLUS_HEADER = "Usage,Image name," + ",".join(FERPLUS_VOTES)
TOP_VOTE = {0: "anger", 1: "disgust", 2: "fear", 3: "happiness", 4: "sadness", 5: "surprise", 6: "neutral"}


def faces(count: int, seed: int = 0, size: int = 48) -> np.ndarray:
    """Random faces that use one, two and three digits."""
    return np.random.default_rng(seed).integers(0, 256, (count, size, size), dtype=np.uint8)


def pixels(face: np.ndarray) -> str:
    return " ".join(map(str, face.ravel()))


def usage(row: int, count: int) -> str:
    return USAGES[min(row * 3 // count, 2)]


def lines(images: np.ndarray) -> list[str]:
    """Rows as in fer2013.csv; emotions go round, Usage in three blocks."""
    return [f"{row % 7},{pixels(face)},{usage(row, len(images))}" for row, face in enumerate(images)]


def write_csv(path: Path, rows: list[str], header: str = HEADER, end: str = "\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(end.join([header, *rows, ""]).encode())
    return path


def vote_row(row: int, count: int, top: str, name: str | None = None) -> str:
    votes = [9 if vote == top else int(vote == "unknown") for vote in FERPLUS_VOTES]
    return f"{usage(row, count)},{name or f'fer{row:07d}.png'},{','.join(map(str, votes))}"


def votes(count: int) -> list[str]:
    """Rows as in fer2013new.csv whose top vote is the label of `lines`."""
    return [vote_row(row, count, TOP_VOTE[row % 7]) for row in range(count)]


def write_picture(root: Path, name: str, face: np.ndarray) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, face)[1].tobytes())
    return path
