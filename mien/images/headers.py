"""What the first bytes of a picture say; nothing is decoded.

A picture is judged by its content, never by its name, and its size is known before anything is decoded: ten kilobytes
of PNG can hold a picture that needs 400 MB.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from mien.images.errors import ImageError
from mien.reasons import Reason

JPEG = b"\xff\xd8\xff"
"""How every JPEG starts."""


@dataclass(frozen=True)
class Header:
    """Width and height in pixels before any turning.

    `animated`: there is more than one picture, one after the other in time. `components` of each pixel of a JPEG (1 is
    gray), 0 for other formats.
    """

    width: int
    height: int
    animated: bool = False
    components: int = 0


def header(data: bytes) -> Header:
    """Read the header of a picture.

    Raises:
        ImageError: not JPEG, PNG, WebP, BMP, TIFF or GIF, or the header is damaged.
    """
    for magic, read in HEADERS.items():
        if data.startswith(magic):
            try:
                facts = read(data)
            except (struct.error, IndexError, KeyError) as error:
                raise ImageError(Reason.UNDECODABLE, "damaged or cut-off header") from error
            if facts.width < 1 or facts.height < 1:
                raise ImageError(Reason.UNDECODABLE, f"a picture of {facts.width} x {facts.height} pixels")
            return facts
    raise ImageError(Reason.UNDECODABLE, "neither JPEG, PNG, WebP, BMP, TIFF nor GIF")


FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that start a frame (ITU T.81, table B.1)."""

MAX_SEGMENTS = 2000
"""Of a JPEG before its frame; the largest colour profiles need 255."""

MAX_BLOCKS = 100_000
"""Parts of a GIF or PNG that are looked at for a second picture."""


def _jpeg(data: bytes) -> Header:
    at = 2
    for _ in range(MAX_SEGMENTS):
        at = data.find(b"\xff", at)
        code = data[at + 1] if at >= 0 else 0xD9
        if code in FRAMES:
            height, width, components = struct.unpack_from(">HHB", data, at + 5)
            return Header(width, height, components=components)
        if code in (0xD9, 0xDA):
            break
        if code == 0xFF:
            at += 1
        elif code <= 0x01 or 0xD0 <= code <= 0xD8:
            at += 2
        else:
            at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])
    raise IndexError(at)


def _png(data: bytes) -> Header:
    width, height = struct.unpack_from(">II", data, 16)
    return Header(width, height, animated=_is_animated_png(data))


def _is_animated_png(data: bytes) -> bool:
    """Whether there is a chunk acTL of more than one picture (PNG 3, 11.3.6).

    OpenCV makes room for as many bytes as a chunk says it has, up to 2 GB, before it looks for them; so what says more
    than there is ends here.

    Raises:
        IndexError: the chunks do not lead to the last one, IEND.
    """
    at, animated = 8, False
    for _ in range(MAX_BLOCKS):
        length, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + length > len(data):
            break
        if kind == b"IEND":
            return animated
        animated |= kind == b"acTL" and int.from_bytes(data[at + 8 : at + 12], "big") > 1
        at += 12 + length
    raise IndexError(at)


def _bmp(data: bytes) -> Header:
    (kind,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if kind == 12 else "<ii", data, 18)
    return Header(abs(width), abs(height))


def _webp(data: bytes) -> Header:
    kind = data[12:16]
    if data[8:12] != b"WEBP" or kind not in (b"VP8 ", b"VP8L", b"VP8X"):
        raise KeyError(kind)
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return Header(width, height, animated=bool(data[20] & 0x02))
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return Header(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    width, height = struct.unpack_from("<HH", data, 26)
    return Header(width & 0x3FFF, height & 0x3FFF)


def _tiff(data: bytes) -> Header:
    """Of the first page; later ones are often small copies of it."""
    order = "<" if data[:1] == b"I" else ">"
    (directory,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, directory)
    values: dict[int, int] = {}
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        (value,) = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, entry + 8)
        values.setdefault(tag, value if kind in (3, 4) else 0)  # the first counts; others' values may stand elsewhere
    return Header(values[256], values[257])


def _gif(data: bytes) -> Header:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    return Header(width, height, animated=_pictures_of_gif(data, 13 + _palette(flags)) > 1)


def _palette(flags: int) -> int:
    """Bytes of the palette that the flags of a GIF announce."""
    return 3 << (1 + (flags & 7)) if flags & 0x80 else 0


def _pictures_of_gif(data: bytes, at: int) -> int:
    """One or, where there are more, two. Raises IndexError where there is none."""
    found = 0
    for _ in range(MAX_BLOCKS):
        kind = data[at : at + 1]
        if kind == b"!":
            at = _behind_blocks(data, at + 2)
        elif kind == b"," and not found:
            found, at = 1, _behind_blocks(data, at + 11 + _palette(data[at + 9]))
        else:
            found += kind == b","
            break
    if not found:
        raise IndexError(at)
    return found


def _behind_blocks(data: bytes, at: int) -> int:
    """Position behind the sub-blocks that start at `at`, each with its length in front, the last one empty."""
    while data[at]:
        at += 1 + data[at]
    return at + 1


HEADERS: dict[bytes, Callable[[bytes], Header]] = {
    JPEG: _jpeg,
    b"\x89PNG\r\n\x1a\n": _png,
    b"BM": _bmp,
    b"RIFF": _webp,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
    b"GIF87a": _gif,
    b"GIF89a": _gif,
}
