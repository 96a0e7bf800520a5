"""Pictures of a run inside a page of text, so that they show wherever the page does."""

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.stage import stage_folder

if TYPE_CHECKING:
    from cv2.typing import MatLike

WIDTH = 900
"""Pixels; wider pictures are scaled down, since a page travels through the server's database."""

QUALITY = 85
"""Of the JPEG: as PNG the page is larger than what the server passes on as an event."""

PICTURES = {"confusion": "Confusion matrix", "guesses": "Sample faces", "mistakes": "Surest mistakes"}


def pictures_page() -> str:
    """Markdown with the confusion matrix and sample faces of build/evaluate/pictures, those that are there."""
    folder = stage_folder("evaluate") / "pictures"
    shown = {title: embedded(folder / f"{name}.png", title) for name, title in PICTURES.items()}
    return "\n".join(f"### {title}\n\n{picture}\n" for title, picture in shown.items() if picture)


def embedded(path: Path, title: str) -> str:
    """Markdown that holds the picture itself, "" where there is none."""
    import cv2

    picture = cv2.imread(str(path))
    return "" if picture is None else f"![{title}](data:image/jpeg;base64,{_encoded(picture)})"


def _encoded(picture: "MatLike") -> str:
    """JPEG in base64, at most WIDTH pixels wide."""
    import cv2

    height, width = picture.shape[:2]
    if width > WIDTH:
        picture = cv2.resize(picture, (WIDTH, round(height * WIDTH / width)), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return base64.b64encode(jpeg.tobytes()).decode()
