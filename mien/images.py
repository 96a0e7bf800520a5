"""From the bytes of a picture to a face of the right size: THE preprocessing of training and serving.

A picture is judged by its content, never by its name, and its size is read from its header before anything is
decoded: ten kilobytes of PNG can hold a picture that needs 400 MB.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from mien.errors import DataError
from mien.reasons import Reason

MAX_BYTES = 32 << 20
"""Largest file that is decoded."""

MAX_PIXELS = 1 << 24
"""Largest picture that is decoded: 16.8 million pixels, 4,096 x 4,096."""


class ImageError(DataError):
    """A picture that cannot be used, with the reason that goes into refused.parquet."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def decode(data: bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Decode JPEG, PNG, WebP, BMP or TIFF, turned upright as its EXIF orientation says.

    Returns:
        uint8, (H, W) where the file is gray and (H, W, 3) RGB otherwise; 16 bits become 8, transparency is dropped.

    Raises:
        ImageError: empty, too large, of another format, cut off or damaged.
    """
    if not data:
        raise ImageError(Reason.EMPTY_FILE, "0 bytes")
    if len(data) > MAX_BYTES:
        raise ImageError(Reason.TOO_LARGE, f"{len(data):,} bytes; at most {MAX_BYTES:,}")
    width, height = size_of(data)
    if width * height > max_pixels:
        raise ImageError(Reason.TOO_LARGE, f"{width:,} x {height:,} pixels; at most {max_pixels:,} in all")
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_ANYCOLOR)
    except cv2.error as error:
        raise ImageError(Reason.UNDECODABLE, f"OpenCV cannot decode it: {error.err}") from error
    if picture is None or picture.size == 0:
        raise ImageError(Reason.UNDECODABLE, "OpenCV cannot decode it: cut off or damaged")
    rgb: np.ndarray = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    return rgb


@contextmanager
def quiet() -> Iterator[None]:
    """Keep OpenCV from writing a line to standard error for every bad picture; `decode` says it to the caller."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


def to_gray(picture: np.ndarray) -> np.ndarray:
    """(H, W) uint8 from (H, W) or (H, W, 3) RGB uint8, by the luma of ITU-R BT.601."""
    gray: np.ndarray = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return gray


def resize(picture: np.ndarray, size: int) -> np.ndarray:
    """(size, size) or (size, size, 3) uint8: mean over areas where it shrinks, bilinear where it only grows.

    Area averaging is what FER2013-like faces were cut with (as in mememoji's project) and does not alias; in OpenCV it
    would repeat pixels in a picture that grows.
    """
    height, width = picture.shape[:2]
    if (height, width) == (size, size):
        return picture
    grows = height <= size and width <= size
    method = cv2.INTER_LINEAR if grows else cv2.INTER_AREA
    resized: np.ndarray = cv2.resize(picture, (size, size), interpolation=method)
    return resized


def resize_all(faces: np.ndarray, size: int) -> np.ndarray:
    """`resize` of each of (N, H, W) uint8."""
    if faces.shape[1:3] == (size, size):
        return faces
    resized = np.empty((len(faces), size, size), np.uint8)
    for at, face in enumerate(faces):
        resized[at] = resize(face, size)
    return resized


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in pixels as the header says, before any turning; nothing is decoded.

    Raises:
        ImageError: not JPEG, PNG, WebP, BMP or TIFF, or the header is damaged.
    """
    for magic, read in HEADERS.items():
        if data.startswith(magic):
            try:
                width, height = read(data)
            except (struct.error, IndexError, KeyError) as error:
                raise ImageError(Reason.UNDECODABLE, "damaged or cut-off header") from error
            if width < 1 or height < 1:
                raise ImageError(Reason.UNDECODABLE, f"a picture of {width} x {height} pixels")
            return width, height
    raise ImageError(Reason.UNDECODABLE, "neither JPEG, PNG, WebP, BMP nor TIFF")


FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that start a frame (ITU T.81, table B.1)."""

MAX_SEGMENTS = 2000
"""Of a JPEG before its frame; the largest colour profiles need 255."""


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(MAX_SEGMENTS):
        at = data.find(b"\xff", at)
        code = data[at + 1] if at >= 0 else 0xD9
        if code in FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        if code in (0xD9, 0xDA):
            break
        if code == 0xFF:
            at += 1
        elif code <= 0x01 or 0xD0 <= code <= 0xD8:
            at += 2
        else:
            at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])
    raise IndexError(at)


def _png(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _bmp(data: bytes) -> tuple[int, int]:
    (header,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", data, 18)
    return abs(width), abs(height)


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if data[8:12] != b"WEBP" or kind not in (b"VP8 ", b"VP8L", b"VP8X"):
        raise KeyError(kind)
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _tiff(data: bytes) -> tuple[int, int]:
    order = "<" if data[:1] == b"I" else ">"
    (directory,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, directory)
    values: dict[int, int] = {}
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        (values[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, entry + 8)
    return values[256], values[257]


HEADERS: dict[bytes, Callable[[bytes], tuple[int, int]]] = {
    b"\xff\xd8\xff": _jpeg,
    b"\x89PNG\r\n\x1a\n": _png,
    b"BM": _bmp,
    b"RIFF": _webp,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
}
