import struct
import zlib

import cv2
import numpy as np
import pytest

from mien import images
from mien.reasons import Reason

RAMP = np.tile(np.arange(0, 240, 5, dtype=np.uint8), (48, 1))
COLOUR = np.dstack([RAMP, RAMP.T, np.full_like(RAMP, 30)])  # BGR, as OpenCV writes it


def encoded(picture, suffix=".png", options=()):
    return cv2.imencode(suffix, picture, list(options))[1].tobytes()


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
    assert images.size_of(jpeg_with_orientation(6)) == (48, 32)
    assert np.array_equal(images.decode(jpeg_with_orientation(3)), upright[::-1, ::-1])
    assert np.array_equal(images.decode(jpeg_with_orientation(6)), np.rot90(upright, -1))


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tif"])
@pytest.mark.parametrize("picture", [RAMP[:20], COLOUR[:20]])
def test_the_size_is_read_from_the_header(suffix, picture):
    assert images.size_of(encoded(picture, suffix)) == (48, 20)


def test_the_size_of_lossless_webp_is_read():
    assert images.size_of(encoded(COLOUR[:20], ".webp", [cv2.IMWRITE_WEBP_QUALITY, 101])) == (48, 20)


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


def test_the_limit_is_the_callers():
    assert fault(encoded(RAMP), max_pixels=48 * 48 - 1) is Reason.TOO_LARGE
    assert images.decode(encoded(RAMP), max_pixels=48 * 48).shape == (48, 48)


def test_a_jpeg_header_of_65535_by_65535_is_refused_before_decoding():
    data = bytearray(encoded(RAMP, ".jpg"))
    at = data.find(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff" * 4
    assert fault(bytes(data)) is Reason.TOO_LARGE


def test_a_large_file_is_refused_whatever_its_header(monkeypatch):
    monkeypatch.setattr(images, "MAX_BYTES", 100)
    assert fault(encoded(RAMP)) is Reason.TOO_LARGE


def test_no_bytes_are_an_empty_file():
    assert fault(b"") is Reason.EMPTY_FILE


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tif"])
@pytest.mark.parametrize("left", [0.05, 0.5, 0.95])
def test_a_picture_that_is_cut_off_is_refused_and_not_filled_with_gray(suffix, left):
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    data = encoded(noise, suffix)
    assert fault(data[: int(len(data) * left)]) is Reason.UNDECODABLE


HOSTILE = {
    "text": b"hello",
    "html": b"<html><body>login</body></html>" * 20,
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "gif": b"GIF89a" + bytes(100),
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
    filler = b"\xff\xe5\x00\x02" * images.MAX_SEGMENTS
    assert fault(data[:2] + filler + data[2:]) is Reason.UNDECODABLE
    assert images.size_of(data[:2] + filler[:400] + data[2:]) == (48, 48)


def test_opencv_is_quiet_only_for_a_while(capfd):
    cut = encoded(RAMP)[:-100]
    with images.quiet():
        fault(cut)
    assert "grfmt_png" not in capfd.readouterr().err
    fault(cut)
    assert "grfmt_png" in capfd.readouterr().err


def test_shrinking_averages_areas():
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    means = noise.reshape(16, 3, 16, 3).mean(axis=(1, 3))
    assert np.abs(images.resize(noise, 16) - means).max() <= 0.5


def test_growing_does_not_repeat_pixels():
    grown = images.resize(RAMP, 96)
    assert grown.shape == (96, 96)
    assert len(np.unique(grown)) > len(np.unique(RAMP))


def test_a_picture_of_the_right_size_is_left_alone():
    assert images.resize(RAMP, 48) is RAMP


def test_colour_is_resized_too():
    assert images.resize(COLOUR, 16).shape == (16, 16, 3)
