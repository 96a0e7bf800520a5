import cv2
import numpy as np
import pytest

from mien.gallery import PAGE, Section, Tile, encode_png, sheet, write_png


def gray(value, size=48):
    return np.full((size, size), value, np.uint8)


def area_of(page, colour):
    """Number of pixels of exactly that colour."""
    return int((page == np.array(colour)).all(axis=-1).sum())


def test_a_page_is_as_wide_as_asked_and_shows_every_picture_at_its_size():
    page = sheet([Section.of("three", [gray(10), gray(120), gray(200)])], width=500, size=60)
    assert page.dtype == np.uint8
    assert page.shape[1:] == (500, 3)
    for value in (10, 120, 200):
        assert area_of(page, (value,) * 3) == 60 * 60


def test_pictures_that_do_not_fit_beside_go_below():
    pictures = [gray(10)] * 6
    one_row = sheet([Section.of("", pictures)], width=1000, size=100)
    three_rows = sheet([Section.of("", pictures)], width=300, size=100)
    assert area_of(one_row, (10, 10, 10)) == area_of(three_rows, (10, 10, 10)) == 6 * 100 * 100
    assert three_rows.shape[0] - one_row.shape[0] == 2 * 110


def test_pictures_of_a_tile_touch_each_other():
    page = sheet([Section("", [Tile([gray(10), gray(200)])])], width=400, size=50)
    dark = (page == 10).all(axis=-1)
    right_edge = dark.any(axis=0).nonzero()[0].max()
    assert (page[dark.any(axis=1), right_edge + 1] == 200).all()


def test_colour_stays_red_green_blue(tmp_path):
    red = np.zeros((48, 48, 3), np.uint8)
    red[..., 0] = 250
    page = sheet([Section.of("red", [red])], width=300, size=50)
    assert area_of(page, (250, 0, 0)) == 50 * 50
    write_png(tmp_path / "page.png", page)
    assert (cv2.imread(str(tmp_path / "page.png"))[..., ::-1] == page).all()


def test_a_picture_that_is_not_square_keeps_its_proportions():
    page = sheet([Section.of("", [np.full((20, 40), 99, np.uint8)])], width=300, size=80)
    assert area_of(page, (99, 99, 99)) == 80 * 40


def test_text_takes_ink_and_more_lines_take_more_room():
    plain = sheet([Section.of("", [gray(255)])], width=300)
    titled = sheet([Section.of("surprise", [gray(255)], ["42\nhappy"], note="why")], title="Mistakes", width=300)
    assert titled.shape[0] > plain.shape[0]
    assert titled.min() < 80
    assert area_of(plain, PAGE) > 0.97 * plain.shape[0] * plain.shape[1]


def test_a_caption_that_is_too_long_stays_in_its_tile():
    white = [gray(255)] * 2
    page = sheet([Section.of("", white, ["m" * 500, ""])], width=400, size=100)
    below = page[-90:]
    assert below[:, 28:120].min() < 100
    assert below[:, 127:].min() == 255


def test_letters_that_the_font_lacks_do_not_break_a_page():
    assert sheet([Section.of("Müller 日本 😀", [gray(0)], ["ß\n\n"])], width=300).size


@pytest.mark.parametrize("sections", [[], [Section("nothing", [])]])
def test_a_page_without_pictures_is_a_page(sections):
    assert sheet(sections, title="Empty", width=300).shape[1:] == (300, 3)


def test_captions_must_be_as_many_as_pictures():
    with pytest.raises(ValueError, match="zip"):
        Section.of("", [gray(0)] * 2, ["one"])


def test_the_same_page_gives_the_same_bytes(tmp_path):
    page = sheet([Section.of("same", [gray(5), gray(6)], ["a", "b"])], title="Same")
    write_png(tmp_path / "page.png", page)
    assert (tmp_path / "page.png").read_bytes() == encode_png(page.copy())
    assert encode_png(gray(7))[:4] == b"\x89PNG"
