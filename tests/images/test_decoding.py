import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from mien import images
from mien.images import decoding, headers
from mien.reasons import Reason

RAMP = np.tile(np.arange(0, 240, 5, dtype=np.uint8), (48, 1))
COLOUR = np.dstack([RAMP, RAMP.T, np.full_like(RAMP, 30)])  # BGR, as OpenCV writes it


def encoded(picture, suffix=".png", options=()):
    if suffix == ".gif" and picture.ndim == 2:
        picture = np.dstack([picture] * 3)  # OpenCV writes no other
    return cv2.imencode(suffix, picture, list(options))[1].tobytes()


def size(data):
    facts = images.header(data)
    return facts.width, facts.height


def fault(data, **options):
    with pytest.raises(images.ImageError) as caught:
        images.decode(data, **options)
    return caught.value.reason


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_a_gray_picture_comes_back_as_it_was(suffix):
    assert np.array_equal(images.decode(encoded(RAMP, suffix)), RAMP)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_colour_comes_as_rgb(suffix):
    assert np.array_equal(images.decode(encoded(COLOUR, suffix)), COLOUR[:, :, ::-1])


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_a_lossy_picture_comes_back_nearly_as_it_was(suffix):
    gray = images.to_gray(images.decode(encoded(RAMP, suffix)))
    assert np.abs(gray.astype(int) - RAMP).mean() < 3


def test_16_bits_become_8():
    decoded = images.decode(encoded(RAMP.astype(np.uint16) * 257))
    assert decoded.dtype == np.uint8
    assert np.array_equal(decoded, RAMP)


UPRIGHT = Image.fromarray(np.ascontiguousarray(COLOUR[:32, :, ::-1]))
MODES = {
    "L": UPRIGHT.convert("L"),
    "P": UPRIGHT.convert("P"),
    "RGBA": UPRIGHT.convert("RGBA"),
    "LA": UPRIGHT.convert("LA"),
    "1": UPRIGHT.convert("1"),
    "CMYK": UPRIGHT.convert("CMYK"),
}
"""Pictures of the modes that Pillow names so."""


def saved(picture, kind, **options):
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("mode", "kind"),
    [(mode, kind) for mode in ("L", "P", "RGBA", "LA", "1") for kind in ("PNG", "TIFF")]
    + [("L", "BMP"), ("P", "BMP"), ("1", "BMP"), ("P", "GIF"), ("L", "GIF"), ("RGBA", "WEBP"), ("CMYK", "TIFF")]
    + [("L", "JPEG"), ("CMYK", "JPEG")],
)
def test_every_mode_comes_as_pillow_sees_it(mode, kind):
    data = saved(MODES[mode], kind, **({"lossless": True} if kind == "WEBP" else {}))
    wanted = Image.open(io.BytesIO(data))
    for picture, into in ((images.decode(data), "RGB"), (images.decode(data, gray=True), "L")):
        seen = images.to_rgb(picture) if into == "RGB" else picture
        assert seen.dtype == np.uint8
        assert np.abs(seen.astype(int) - np.asarray(wanted.convert("RGB").convert(into))).max() <= 2


@pytest.mark.parametrize("depth", ["png", "tif"])
def test_16_bits_of_colour_become_8(depth):
    decoded = images.decode(encoded(COLOUR.astype(np.uint16) * 257, f".{depth}"))
    assert np.array_equal(decoded, COLOUR[:, :, ::-1])


def test_the_luma_of_a_colour_jpeg_is_that_of_its_colours():
    data = encoded(COLOUR, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert np.abs(images.decode(data, gray=True).astype(int) - images.to_gray(images.decode(data))).mean() < 1


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_is_refused(kind):
    frames = [UPRIGHT.rotate(angle) for angle in (0, 90, 180)]
    still, moving = saved(UPRIGHT, kind), saved(frames[0], kind, save_all=True, append_images=frames[1:])
    assert images.decode(still).shape == (32, 48, 3)
    assert fault(moving) is Reason.FORMAT_MISMATCH
    assert not images.header(still).animated


def test_the_first_page_of_a_tiff_counts():
    pages = saved(UPRIGHT, "TIFF", save_all=True, append_images=[UPRIGHT.rotate(180)])
    assert np.array_equal(images.decode(pages), np.asarray(UPRIGHT))


def test_transparency_is_dropped():
    opaque = np.dstack([COLOUR, np.full_like(RAMP, 128)])
    assert np.array_equal(images.decode(encoded(opaque)), COLOUR[:, :, ::-1])


def test_gray_is_the_luma_of_bt601():
    red, green, blue = (np.full((1, 1, 3), channel, np.uint8) for channel in ([255, 0, 0], [0, 255, 0], [0, 0, 255]))
    assert [int(images.to_gray(pixel)[0, 0]) for pixel in (red, green, blue)] == [76, 150, 29]
    assert images.to_gray(RAMP) is RAMP


def jpeg_with_orientation(orientation):
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0) + bytes(4)
    data = encoded(RAMP[:32], ".jpg", [cv2.IMWRITE_JPEG_QUALITY, 100])
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def test_a_picture_is_turned_upright_as_exif_says():
    upright = images.decode(jpeg_with_orientation(1))
    assert size(jpeg_with_orientation(6)) == (48, 32)
    assert np.array_equal(images.decode(jpeg_with_orientation(3)), upright[::-1, ::-1])
    assert np.array_equal(images.decode(jpeg_with_orientation(6)), np.rot90(upright, -1))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_format_that_knows_an_orientation_is_turned(kind):
    exif = Image.Exif()
    exif[0x0112] = 8
    options = {"tiffinfo": {0x0112: 8}} if kind == "TIFF" else {"exif": exif}
    turned = images.decode(saved(UPRIGHT, kind, **options, **({"lossless": True} if kind == "WEBP" else {})))
    assert np.abs(turned.astype(int) - np.rot90(np.asarray(UPRIGHT), 1)).mean() < 3


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tif", ".gif"])
@pytest.mark.parametrize("picture", [RAMP[:20], COLOUR[:20]])
def test_the_size_is_read_from_the_header(suffix, picture):
    assert size(encoded(picture, suffix)) == (48, 20)


def test_the_size_of_lossless_webp_is_read():
    assert size(encoded(COLOUR[:20], ".webp", [cv2.IMWRITE_WEBP_QUALITY, 101])) == (48, 20)


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of_ones(side):
    """A PNG of one bit a pixel, a few kilobytes whatever its side."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    pixels = zlib.compress(bytes((side // 8 + 2) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_a_bomb_is_refused_by_its_header():
    bomb = png_of_ones(9000)
    assert len(bomb) < 12_000
    assert fault(bomb) is Reason.TOO_LARGE


@pytest.mark.parametrize(
    "head",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
        + struct.pack(">II", 40_000, 40_000)
        + bytes(9)
        + bytes(4)
        + b"IEND"
        + bytes(4),
        b"\xff\xd8\xff\xc0\0\x11\x08" + struct.pack(">HHB", 40_000, 40_000, 3),
        b"BM" + bytes(12) + struct.pack("<Iii", 40, 40_000, 40_000),
        b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + (39_999).to_bytes(3, "little") * 2,
        b"II*\0\x08\0\0\0\2\0" + struct.pack("<HHIIHHII", 256, 4, 1, 40_000, 257, 4, 1, 40_000),
        b"GIF89a" + struct.pack("<HHBBB", 40_000, 40_000, 0, 0, 0) + b"," + bytes(9) + b"\2\0",
    ],
    ids=["png", "jpeg", "bmp", "webp", "tiff", "gif"],
)
def test_40_000_by_40_000_pixels_are_refused_from_the_header_alone(head):
    assert size(head) == (40_000, 40_000)
    assert fault(head) is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("width", "why"),
    [
        (struct.pack("<HHIIHHII", 256, 4, 1, 40_000, 256, 4, 1, 8), Reason.TOO_LARGE),
        (struct.pack("<HHII", 256, 16, 1, 8), Reason.UNDECODABLE),
    ],
    ids=["two widths", "a width of 64 bits, which stands elsewhere"],
)
def test_a_tiff_is_judged_by_the_width_that_is_decoded(monkeypatch, width, why):
    monkeypatch.setattr(decoding, "_pixels", lambda *_: pytest.fail("OpenCV was asked"))
    directory = width + struct.pack("<HHII", 257, 4, 1, 40_000)
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(directory) // 12) + directory
    assert fault(head) is why


def test_a_chunk_that_says_it_has_2_gb_is_refused_before_room_is_made_for_it(monkeypatch):
    data = encoded(RAMP)
    at = data.find(b"IDAT") - 4
    monkeypatch.setattr(decoding, "_pixels", lambda *_: pytest.fail("OpenCV was asked"))
    assert fault(data[:at] + struct.pack(">I", 0x7F000000) + data[at + 4 :]) is Reason.UNDECODABLE


def test_the_limit_is_the_callers():
    assert fault(encoded(RAMP), max_pixels=48 * 48 - 1) is Reason.TOO_LARGE
    assert images.decode(encoded(RAMP), max_pixels=48 * 48).shape == (48, 48)


def test_a_jpeg_header_of_65535_by_65535_is_refused_before_decoding():
    data = bytearray(encoded(RAMP, ".jpg"))
    at = data.find(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff" * 4
    assert fault(bytes(data)) is Reason.TOO_LARGE


def test_a_large_file_is_refused_whatever_its_header(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_BYTES", 100)
    assert fault(encoded(RAMP)) is Reason.TOO_LARGE


def test_no_bytes_are_an_empty_file():
    assert fault(b"") is Reason.EMPTY_FILE


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tif", ".gif"])
@pytest.mark.parametrize("left", [0.05, 0.5, 0.95])
def test_a_picture_that_is_cut_off_is_refused_and_not_filled_with_gray(suffix, left):
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    data = encoded(noise, suffix)
    assert fault(data[: int(len(data) * left)]) is Reason.UNDECODABLE
    assert fault(data[: int(len(data) * left)], gray=True) is Reason.UNDECODABLE


@pytest.mark.parametrize("left", [0.2, 0.5, 0.9])
def test_a_progressive_jpeg_that_is_cut_off_is_refused(left):
    data = encoded(COLOUR, ".jpg", [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    assert fault(data[: int(len(data) * left)]) is Reason.UNDECODABLE
    assert fault(data[: int(len(data) * left)], gray=True) is Reason.UNDECODABLE


HOSTILE = {
    "text": b"hello",
    "html": b"<html><body>login</body></html>" * 20,
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "gif without a picture": b"GIF89a" + bytes(100),
    "gif of endless blocks": b"GIF89a\x01\0\x01\0\0\0\0" + b"!\xfe\0" * 200_000,
    "png of endless chunks": b"\x89PNG\r\n\x1a\n" + (bytes(4) + b"tEXt" + bytes(4)) * 200_000,
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "png magic only": b"\x89PNG\r\n\x1a\n",
    "jpeg magic only": b"\xff\xd8\xff",
    "jpeg of markers": b"\xff\xd8" + b"\xff\xe0\x00\x02" * 10_000,
    "jpeg of fill bytes": b"\xff\xd8" + b"\xff" * 1_000_000,
    "riff that is sound": b"RIFF\0\0\0\0WAVEfmt " + bytes(60),
    "tiff that points outside": b"II*\0" + struct.pack("<I", 1 << 31),
    "0 x 0": b"BM" + bytes(100),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_picture_is_refused_without_a_crash(name):
    assert fault(HOSTILE[name]) is Reason.UNDECODABLE


def test_a_jpeg_of_endless_markers_is_given_up_before_its_frame():
    data = encoded(RAMP, ".jpg")
    filler = b"\xff\xe5\x00\x02" * headers.MAX_SEGMENTS
    assert fault(data[:2] + filler + data[2:]) is Reason.UNDECODABLE
    assert size(data[:2] + filler[:400] + data[2:]) == (48, 48)


def test_opencv_is_quiet_only_for_a_while(capfd):
    strange = saved(UPRIGHT.convert("F"), "TIFF")  # 32 bits a pixel
    with images.quiet():
        fault(strange)
    assert "grfmt_tiff" not in capfd.readouterr().err
    assert fault(strange) is Reason.UNDECODABLE
    assert "grfmt_tiff" in capfd.readouterr().err
