import io

import cv2
import numpy as np
import pytest
from PIL import Image

from mien import images
from mien.images import Preparation
from mien.params import IngestParams
from mien.reasons import Reason

NOISE = np.random.default_rng(0).integers(0, 256, (60, 80), dtype=np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8)
GRAY = Preparation(20, "gray")


def refused(box, picture=NOISE, settings=GRAY):
    with pytest.raises(images.ImageError) as caught:
        images.prepare(picture, settings, box)
    return caught.value.reason


@pytest.mark.parametrize("picture", [NOISE, COLOUR])
@pytest.mark.parametrize("size", [16, 48, 96])
@pytest.mark.parametrize("color", ["gray", "rgb"])
def test_a_face_has_the_size_and_the_channels_of_the_settings(picture, size, color):
    settings = Preparation(size, color)
    face = images.prepare(picture, settings)
    assert face.shape == settings.face_shape == ((size, size) if color == "gray" else (size, size, 3))
    assert face.dtype == np.uint8


def test_the_settings_are_those_of_ingest():
    params = IngestParams(image_size=96, color="rgb", crop_margin=0.25, align=True)
    assert params.preparation() == Preparation(96, "rgb", 0.25, True)


def test_a_box_is_cut_out():
    assert np.array_equal(images.prepare(NOISE, GRAY, (5, 10, 20, 20)), NOISE[10:30, 5:25])


def test_a_box_that_reaches_out_is_clipped_and_then_stretched_to_a_square():
    face = images.prepare(NOISE, GRAY, (-10, -5, 30, 25))
    assert np.array_equal(face, images.resize(NOISE[:20, :20], 20))
    assert images.cut(NOISE, GRAY, (70, 40, 30, 30)).shape == (20, 10)


def test_a_margin_is_a_share_of_the_box_on_each_side_and_ends_at_the_border():
    settings = Preparation(20, "gray", crop_margin=0.5)
    assert np.array_equal(images.cut(NOISE, settings, (20, 20, 10, 20)), NOISE[10:50, 15:35])
    assert np.array_equal(images.cut(NOISE, settings, (2, 0, 10, 20)), NOISE[0:30, 0:17])


def test_without_a_box_the_margin_says_nothing():
    assert np.array_equal(images.cut(NOISE, Preparation(20, "gray", crop_margin=0.5)), NOISE)


def test_a_box_is_of_the_picture_as_viewers_show_it():
    exif = Image.Exif()
    exif[0x0112] = 6  # stored on its left side
    stored = io.BytesIO()
    Image.fromarray(np.rot90(NOISE, 1)).save(stored, "PNG", exif=exif)
    upright = images.decode(stored.getvalue())
    assert np.array_equal(images.prepare(upright, GRAY, (55, 30, 20, 20)), NOISE[30:50, 55:75])


OUTSIDE = {
    "left": (-30, 10, 20, 20),
    "right": (80, 10, 20, 20),
    "above": (10, -20, 20, 20),
    "below": (10, 60, 20, 20),
    "nearly right": (73, 10, 20, 20),
    "negative width": (20, 20, -10, 20),
    "no height": (20, 20, 20, 0),
    "seven pixels": (20, 20, 7, 20),
    "far": (-(2**31), -(2**31), 2**31 - 1, 2**31 - 1),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_box_with_less_than_8_pixels_inside_is_refused_whatever_the_margin(name):
    assert refused(OUTSIDE[name]) is Reason.BBOX_OUT
    assert refused(OUTSIDE[name], settings=Preparation(20, "gray", crop_margin=2.0)) is Reason.BBOX_OUT


def test_a_box_with_8_pixels_inside_is_taken():
    assert images.cut(NOISE, GRAY, (72, 52, 100, 100)).shape == (8, 8)


def test_the_refusal_says_what_was_received():
    with pytest.raises(images.ImageError, match="box x 80, y 10, 20 x 20 in a picture of 80 x 60 pixels"):
        images.prepare(NOISE, GRAY, (80, 10, 20, 20))


def test_gray_becomes_three_equal_channels_and_colour_becomes_its_luma():
    assert np.array_equal(images.cut(NOISE, Preparation(48, "rgb")), np.dstack([NOISE] * 3))
    assert np.array_equal(images.cut(COLOUR, GRAY), cv2.cvtColor(COLOUR, cv2.COLOR_RGB2GRAY))


def test_shrinking_averages_areas_of_the_box():
    face = images.prepare(NOISE, Preparation(16, "gray"), (8, 4, 48, 48))
    means = NOISE[4:52, 8:56].reshape(16, 3, 16, 3).mean(axis=(1, 3))
    assert np.abs(face - means).max() <= 0.5


def drawn(slope, centre=(50.0, 50.0), eyes=24.0):
    """A picture (101, 101, 3) with a red left and a blue right eye, turned by `slope` degrees, and its landmarks."""
    towards = np.array([np.cos(np.deg2rad(slope)), np.sin(np.deg2rad(slope))])
    places = [centre - towards * eyes / 2, centre + towards * eyes / 2]
    picture = np.zeros((101, 101, 3), np.uint8)
    for place, colour in zip(places, ((255, 0, 0), (0, 0, 255)), strict=True):
        cv2.circle(picture, (round(place[0]), round(place[1])), 4, colour, -1)
    landmarks = np.full((images.LANDMARKS, 2), 50.0, np.float32)
    landmarks[36:42], landmarks[42:48] = places
    return picture, landmarks


def middles(face):
    """x and y of the red and of the blue spot."""
    x, y = np.meshgrid(np.arange(face.shape[1]), np.arange(face.shape[0]))
    spots = (face[..., channel] / face[..., channel].sum() for channel in (0, 2))
    return [np.array([(spot * x).sum(), (spot * y).sum()]) for spot in spots]


@pytest.mark.parametrize("slope", [-170, -90, -35, 20, 60, 135, 180])
def test_alignment_makes_the_eyes_level_with_the_left_one_on_the_left(slope):
    picture, landmarks = drawn(slope)
    left, right = middles(images.prepare(picture, Preparation(101, "rgb", align=True), None, landmarks))
    assert abs(left[1] - right[1]) < 1.5
    assert right[0] - left[0] == pytest.approx(24, abs=1.5)


def test_alignment_turns_about_the_middle_of_the_box():
    picture, landmarks = drawn(30, centre=np.array([60.0, 40.0]))
    face = images.prepare(picture, Preparation(41, "rgb", align=True), (40, 20, 41, 41), landmarks)
    left, right = middles(face)
    assert (left + right) / 2 == pytest.approx([20, 20], abs=1)


def test_alignment_reads_what_lies_around_the_box():
    white = np.full((100, 100), 255, np.uint8)
    _, landmarks = drawn(45)
    assert images.cut(white, Preparation(20, "gray", align=True), (0, 0, 50, 50), landmarks).min() == 255


@pytest.mark.parametrize("unknown", [None, np.full((68, 2), np.nan), np.zeros((68, 2)), np.full((68, 2), np.inf)])
def test_without_known_eyes_a_face_stays_as_it_is(unknown):
    assert np.array_equal(
        images.prepare(NOISE, Preparation(60, "gray", align=True), (0, 0, 60, 60), unknown), NOISE[:, :60]
    )


def test_landmarks_say_nothing_unless_alignment_is_asked_for():
    picture, landmarks = drawn(45)
    assert np.array_equal(images.cut(picture, Preparation(20, "rgb"), None, landmarks), picture)


def test_level_eyes_change_no_pixel():
    picture, landmarks = drawn(0)
    assert np.array_equal(images.cut(picture, Preparation(20, "rgb", align=True), None, landmarks), picture)


def test_a_picture_too_long_to_be_turned_is_refused_and_no_crash():
    _, landmarks = drawn(25)
    long = np.zeros((100, images.faces.LONGEST_SIDE + 1), np.uint8)
    assert images.cut(long[:, 1:], Preparation(20, "gray", align=True), (0, 0, 90, 90), landmarks).shape == (90, 90)
    with pytest.raises(images.ImageError, match="32,767 pixels on one side") as caught:
        images.cut(long, Preparation(20, "gray", align=True), (0, 0, 90, 90), landmarks)
    assert caught.value.reason is Reason.TOO_LARGE


def test_gray_is_aligned_like_colour():
    picture, landmarks = drawn(25)
    gray = images.cut(picture, Preparation(20, "gray", align=True), None, landmarks)
    rgb = images.cut(picture, Preparation(20, "rgb", align=True), None, landmarks)
    assert np.abs(gray.astype(int) - images.to_gray(rgb)).max() <= 1


def test_what_is_cut_is_one_block_of_memory_so_that_it_can_be_hashed():
    assert images.cut(COLOUR, Preparation(20, "rgb"), (5, 5, 20, 20)).flags.c_contiguous
