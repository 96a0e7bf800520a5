"""From bytes to pixels: by content, never by name, and upright."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from mien.images.errors import ImageError
from mien.images.headers import header
from mien.reasons import Reason

MAX_BYTES = 32 << 20
"""Largest file that is decoded."""

MAX_PIXELS = 1 << 25
"""Largest picture that is decoded: 33.6 million pixels, 100 MB in colour; a camera of 24 megapixels fits."""


def decode(data: bytes, max_pixels: int = MAX_PIXELS, *, gray: bool = False) -> np.ndarray:
    """Decode a still picture, turned upright as its EXIF orientation says: as viewers show it.

    JPEG, PNG, WebP, BMP, TIFF (its first page) and GIF, of any mode that they know: palettes, one bit, 16 bits, which
    become 8, CMYK. Transparency is dropped.

    Args:
        data: the whole file.
        max_pixels: a picture whose header says more is refused before anything is decoded.
        gray: give (H, W) for every picture. Of a JPEG in colour only the luma is then decoded, in less time; it is that
            of ITU-R BT.601, as `to_gray`'s, before the colours are cut off at 0 and 255.

    Returns:
        uint8, (H, W) where the file is gray and (H, W, 3) RGB otherwise; H and W are those of the upright picture.

    Raises:
        ImageError: empty, too large, animated, of another format, cut off or damaged.
    """
    if not data:
        raise ImageError(Reason.EMPTY_FILE, "0 bytes")
    if len(data) > MAX_BYTES:
        raise ImageError(Reason.TOO_LARGE, f"{len(data):,} bytes; at most {MAX_BYTES:,}")
    facts = header(data)
    if facts.width * facts.height > max_pixels:
        raise ImageError(Reason.TOO_LARGE, f"{facts.width:,} x {facts.height:,} pixels; at most {max_pixels:,} in all")
    if facts.animated:
        raise ImageError(Reason.FORMAT_MISMATCH, "an animation; which of its pictures is meant nobody can tell")
    if facts.components:  # of a JPEG; OpenCV then writes the wanted channels at once
        return _pixels(data, cv2.IMREAD_GRAYSCALE if gray or facts.components == 1 else cv2.IMREAD_COLOR_RGB)
    picture = _pixels(data, cv2.IMREAD_ANYCOLOR)
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY if gray else cv2.COLOR_BGR2RGB)
    return picture


def _pixels(data: bytes, flags: int) -> np.ndarray:
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageError(Reason.UNDECODABLE, f"OpenCV cannot decode it: {error.err}") from error
    if picture is None or picture.size == 0:
        raise ImageError(
            Reason.UNDECODABLE, "OpenCV cannot decode it: cut off, damaged or of a kind that it does not know"
        )
    decoded: np.ndarray = picture
    return decoded


@contextmanager
def quiet() -> Iterator[None]:
    """Keep OpenCV from writing a line to standard error for every bad picture; `decode` says it to the caller."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
