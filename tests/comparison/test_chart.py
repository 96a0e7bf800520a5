from dataclasses import replace

import cv2
import pytest

from mien.comparison import chart
from mien.plots.style import INK, PAPER, write_png
from tests.comparison.results import FAILED, RESULTS, SOUND, TWINS_CHOSE, TWINS_TAUGHT, UNSOUND


def drawn(results):
    return chart(results).axes[0]


def marks(axes):
    return [line for line in axes.lines if line.get_marker() == "o"]


def words(axes):
    return [text.get_text() for text in axes.texts]


def test_every_accuracy_is_a_mark_inside_its_interval():
    axes = drawn([SOUND])
    assert [mark.get_xdata()[0] for mark in marks(axes)] == [SOUND.official, SOUND.clean]
    intervals = [tuple(line.get_xdata()) for line in axes.lines]
    assert (SOUND.official_low, SOUND.official_high) in intervals
    assert (SOUND.clean_low, SOUND.clean_high) in intervals


def test_marks_of_an_unsound_protocol_are_hollow_and_its_name_says_so():
    axes = drawn([UNSOUND, SOUND])
    assert [mark.get_markerfacecolor() == PAPER for mark in marks(axes)] == [True, True, False, False]
    assert words(axes)[:2] == ["seed's, unsound", "sound"]


def test_with_twins_of_test_faces_in_training_only_the_official_mark_is_hollow():
    axes = drawn([TWINS_TAUGHT])
    assert [mark.get_markerfacecolor() == PAPER for mark in marks(axes)] == [True, False]
    assert words(axes)[0] == "seed's, with twins"


def test_where_twins_chose_both_marks_are_hollow():
    axes = drawn([TWINS_CHOSE])
    assert [mark.get_markerfacecolor() == PAPER for mark in marks(axes)] == [True, True]
    assert words(axes)[0] == "seed's, with twins"


def test_the_picture_says_itself_of_which_faces_and_with_which_settings_it_is():
    figure = chart([replace(SOUND, settings="train.epochs = 3", data="drawn.csv, 300 faces.")])
    assert figure.get_supxlabel() == "All with train.epochs = 3. Data: drawn.csv, 300 faces."
    assert chart([SOUND]).get_supxlabel() == ""


def test_the_published_accuracy_goes_across_the_lines_of_its_preset():
    axes = drawn(RESULTS)
    (published,) = [line for line in axes.lines if line.get_color() == INK]
    assert set(published.get_xdata()) == {SOUND.published}
    low, high = published.get_ydata()
    assert low < 0
    assert high > 1
    assert high < 2


def test_a_run_that_has_failed_is_named_and_has_no_mark():
    axes = drawn([FAILED])
    assert marks(axes) == []
    assert words(axes) == ["sound, failed", "affectnet_cnn", ""]


def test_the_legend_names_only_what_is_there():
    def legend(results):
        return [text.get_text() for text in chart(results).legends[0].get_texts()]

    assert legend(RESULTS) == ["published", "ours, official", "ours, clean", "not to be believed"]
    assert legend([FAILED]) == ["ours, official", "ours, clean"]


@pytest.mark.parametrize("results", [RESULTS, [FAILED]])
def test_it_is_the_same_picture_each_time_and_wide_enough_for_a_page(results, tmp_path):
    write_png(tmp_path / "one.png", chart(results))
    write_png(tmp_path / "other.png", chart(results))
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()
    assert 800 <= cv2.imread(str(tmp_path / "one.png")).shape[1] <= 1200
