"""Contact sheets: faces in a grid, enlarged, with headings and captions, as one picture for people to look at.

picture = sheet([Section.of("surprise", images, captions)], title="Surest mistakes")
write_png(Path("build/evaluate/mistakes.png"), picture)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

Colour = tuple[int, int, int]

PAGE: Colour = (255, 255, 255)
INK: Colour = (28, 32, 38)
MUTED: Colour = (110, 116, 124)
RULE: Colour = (218, 221, 226)

TITLE_SIZE, HEADING_SIZE, NOTE_SIZE, CAPTION_SIZE = 34, 25, 18, 14
"""Heights of the lines of text in pixels."""

MARGIN, GAP = 28, 10
FONT = cv2.FONT_HERSHEY_DUPLEX
SUPERSAMPLING = 4
"""OpenCV's stroke fonts are ragged at this size: text is drawn so many times larger and averaged down."""


@dataclass(frozen=True)
class Tile:
    """Pictures that belong together, side by side, over one caption.

    `images` are uint8, (H, W) gray or (H, W, 3) RGB; each line of `caption` is cut to the width of the tile.
    """

    images: Sequence[np.ndarray]
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """A heading, a line of explanation and tiles; tiles of one section are all as wide as its widest."""

    heading: str
    tiles: Sequence[Tile]
    note: str = ""

    @classmethod
    def of(
        cls, heading: str, images: Sequence[np.ndarray] | np.ndarray, captions: Sequence[str] = (), note: str = ""
    ) -> "Section":
        """A section of single pictures; `captions` is empty or has one for each."""
        texts = captions or [""] * len(images)
        return cls(heading, [Tile([image], text) for image, text in zip(images, texts, strict=True)], note)


def sheet(sections: Sequence[Section], *, title: str = "", width: int = 1400, size: int = 96) -> np.ndarray:
    """Draw sections below one another.

    Args:
        sections: what to show, from top to bottom.
        title: line at the top of the page.
        width: of the page in pixels; tiles flow into as many columns as fit.
        size: height and width in pixels to which every picture is enlarged.

    Returns:
        The page, uint8 (height, `width`, 3) RGB; the height follows from the content.
    """
    blocks = [_heading(title, TITLE_SIZE, width)] if title else []
    for section in sections:
        blocks += _section(section, width, size)
    blocks.append(_blank(MARGIN, width))
    return np.vstack([_blank(MARGIN // 2, width), *blocks])


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write a picture as `encode_png` makes it.

    Raises:
        OSError: the file cannot be written.
    """
    path.write_bytes(encode_png(picture))


def encode_png(picture: np.ndarray) -> bytes:
    """A PNG file of uint8 (H, W, 3) RGB or (H, W) gray; the same picture gives the same bytes."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if picture.ndim == 3 else picture
    _, encoded = cv2.imencode(".png", bgr)
    return bytes(encoded)


def _section(section: Section, width: int, size: int) -> list[np.ndarray]:
    blocks = [_rule(width), _heading(section.heading, HEADING_SIZE, width)]
    if section.note:
        blocks.append(_line(section.note, NOTE_SIZE, width, MUTED))
    blocks.append(_blank(GAP, width))
    if not section.tiles:
        return blocks
    across = max(len(tile.images) for tile in section.tiles)
    lines = max(len(tile.caption.splitlines()) for tile in section.tiles)
    drawn = [_tile(tile, across * size, lines, size) for tile in section.tiles]
    columns = max(1, (width - 2 * MARGIN + GAP) // (across * size + GAP))
    return blocks + [_row(drawn[at : at + columns], width) for at in range(0, len(drawn), columns)]


def _row(tiles: list[np.ndarray], width: int) -> np.ndarray:
    """One row of equally large tiles on a strip as wide as the page, (tile height + GAP, width, 3)."""
    height, step = tiles[0].shape[0], tiles[0].shape[1] + GAP
    strip = _blank(height + GAP, max(width, MARGIN + len(tiles) * step))
    for column, tile in enumerate(tiles):
        left = MARGIN + column * step
        strip[:height, left : left + tile.shape[1]] = tile
    row: np.ndarray = strip[:, :width]
    return row


def _tile(tile: Tile, width: int, lines: int, size: int) -> np.ndarray:
    """The pictures over the caption, (size + lines of text, width, 3)."""
    pictures = _blank(size, width)
    for at, image in enumerate(tile.images):
        pictures[:, at * size : (at + 1) * size] = _enlarged(image, size)
    captions = tile.caption.splitlines()
    captions += [""] * (lines - len(captions))
    return np.vstack([pictures, *(_line(text, CAPTION_SIZE, width, INK, margin=1) for text in captions)])


def _enlarged(image: np.ndarray, size: int) -> np.ndarray:
    """To (size, size, 3), its proportions kept, in the middle of the page's colour."""
    scale = size / max(image.shape[:2])
    target = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    resized = cv2.resize(image, target, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    if resized.ndim == 2:
        resized = cv2.cvtColor(resized, cv2.COLOR_GRAY2RGB)
    square = _blank(size, size)
    top, left = (size - target[1]) // 2, (size - target[0]) // 2
    square[top : top + target[1], left : left + target[0]] = resized
    return square


def _heading(text: str, size: int, width: int) -> np.ndarray:
    return np.vstack([_blank(GAP, width), _line(text, size, width, INK)])


def _line(text: str, size: int, width: int, colour: Colour, margin: int = MARGIN) -> np.ndarray:
    """One line of text on the page's colour, (size * 1.5, width, 3), cut with dots where it is too long."""
    height, large = round(size * 1.5), SUPERSAMPLING
    font_scale = size * large / 32  # a capital letter is then about two thirds of `size` high
    thickness = max(1, round(font_scale * (1.5 if size >= HEADING_SIZE else 1.0)))
    fitting = _cut(_ascii(text), (width - 2 * margin) * large, font_scale, thickness)
    mask = np.zeros((height * large, width * large), np.uint8)
    base = (margin * large, round(height * large * 0.72))
    cv2.putText(mask, fitting, base, FONT, font_scale, 255, thickness, cv2.LINE_AA)
    alpha = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)[..., None] / 255.0
    blended = alpha * np.array(colour) + (1 - alpha) * np.array(PAGE)
    line: np.ndarray = np.rint(blended).astype(np.uint8)
    return line


def _cut(text: str, room: int, font_scale: float, thickness: int) -> str:
    """The longest beginning of `text` that is at most `room` pixels wide."""

    def fits(candidate: str) -> bool:
        return bool(cv2.getTextSize(candidate, FONT, font_scale, thickness)[0][0] <= room)

    if fits(text):
        return text
    kept = text
    while kept and not fits(kept + ".."):
        kept = kept[:-1]
    return kept + ".."


def _ascii(text: str) -> str:
    """OpenCV's fonts have ASCII only; what they lack becomes a question mark."""
    return text.encode("ascii", "replace").decode("ascii")


def _rule(width: int) -> np.ndarray:
    strip = _blank(GAP * 2, width)
    strip[GAP, MARGIN : width - MARGIN] = RULE
    return strip


def _blank(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), PAGE, np.uint8)
