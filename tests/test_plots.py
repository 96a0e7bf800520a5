from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest

from mien.evaluation import evaluate, pictures
from mien.features import FeatureMaps, most_varied, pooled_maps
from mien.gallery import GAP, MARGIN
from mien.labels import EMOTIONS
from mien.params import EvaluateParams
from mien.plots import classes as class_plots
from mien.plots import faces, style
from mien.plots.curves import learning_curves
from tests.answers import SOUND, history, images, probabilities_for, split_table

NAMES = ["learning_curve", "per_class", "confusion", "roc", "reliability", "scores"]


@pytest.fixture(scope="module")
def evaluation():
    table = split_table()
    answers = probabilities_for(table["class_index"], 7)
    return evaluate(table, answers, EMOTIONS, EvaluateParams(bootstrap_samples=100), SOUND)


@pytest.fixture(scope="module")
def charts(evaluation):
    return pictures.charts(evaluation, history())


@pytest.fixture(scope="module")
def again(evaluation):
    return pictures.charts(evaluation, history())


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_every_chart_is_there(charts):
    assert list(charts) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_is_the_same_png_each_time_without_date_or_program(name, charts, again, tmp_path):
    style.write_png(tmp_path / "one.png", charts[name])
    style.write_png(tmp_path / "other.png", again[name])
    content = (tmp_path / "one.png").read_bytes()
    assert content == (tmp_path / "other.png").read_bytes()
    assert b"atplotlib" not in content
    assert cv2.imread(str(tmp_path / "one.png")).std() > 5


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_as_svg_is_the_same_each_time_and_follows_the_theme(name, charts, again):
    text = style.svg(charts[name])
    assert text == style.svg(again[name])
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in text
    assert "<dc:date>" not in text
    drawing = text.split("</style>", 1)[1]
    assert "var(--ink)" in drawing
    assert not any(colour in drawing for colour in style.THEME)


def test_one_way_out_does_not_change_the_other(tmp_path):
    figure = learning_curves(history())
    before = style.svg(figure)
    style.write_png(tmp_path / "figure.png", figure)
    assert style.svg(figure) == before


def test_the_confusion_shows_counts_and_shares_of_the_rows():
    figure = class_plots.confusion(np.array([[30, 10], [0, 1200]]), ("angry", "happy"))
    assert texts(figure) == ["30", "10", "0", "1,200", "75", "25", "0", "100"]


def test_a_class_without_rows_is_drawn_as_zeros():
    figure = class_plots.confusion(np.array([[3, 1], [0, 0]]), ("angry", "happy"))
    assert texts(figure)[-2:] == ["0", "0"]


def test_the_learning_curves_mark_the_lowest_validation_loss():
    table = history(5)
    table.loc[2, "val_loss"] = 0.1
    figure = learning_curves(table)
    marked = [line for line in figure.axes[0].lines if line.get_label() == "lowest validation loss"]
    assert marked[0].get_xydata().tolist() == [[3, 0.1]]


def test_a_single_epoch_is_seen_as_points():
    figure = learning_curves(history(1))
    assert {line.get_marker() for line in figure.axes[0].lines} == {"o"}


def test_a_class_has_its_colour_in_every_picture_and_unknown_names_get_one():
    assert style.class_colour("happy", 0) == style.class_colour("happy", 3)
    assert style.class_colour("bored", 0) != style.class_colour("puzzled", 1)


def test_pages_of_faces_show_them_in_rows_of_eight(evaluation):
    answers = pictures.random_guesses(evaluation.official, images(200), EMOTIONS, seed=0)
    page = faces.guesses(answers)
    assert page.dtype == np.uint8
    assert page.shape[1] == faces.WIDTH
    assert (faces.WIDTH - 2 * MARGIN + GAP) // (faces.TILE + GAP) == 8
    assert (page == faces.guesses(answers)).all()
    assert page.shape[0] < faces.guesses([*answers, answers[0]]).shape[0]


def test_the_guesses_say_how_many_first_and_second_ones_were_right(monkeypatch):
    seen = []
    monkeypatch.setattr(faces, "sheet", lambda sections, **_: seen.extend(sections) or np.zeros((1, 1, 3), np.uint8))
    face = images(1)[0]
    guesses = [("happy", 0.6), ("sad", 0.3)]
    faces.guesses([faces.Answer(0, face, "happy", guesses), faces.Answer(1, face, "sad", guesses)])
    assert "first guess for 1, the second for 1 of 2" in seen[0].note
    assert seen[0].tiles[1].caption == "sad (label)\nhappy 60%\nsad 30%"


def test_feature_maps_follow_the_pooling_layers():
    import keras

    layers = [
        keras.Input((12, 12, 1), dtype="uint8"),
        keras.layers.Rescaling(1 / 255),
        keras.layers.MaxPooling2D(name="first"),
        keras.layers.Conv2D(5, 3, padding="same"),
        keras.layers.AveragePooling2D(2, name="second"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(2, activation="softmax"),
    ]
    image = images(1)[0, :12, :12]
    maps = pooled_maps(keras.Sequential(layers), image)
    assert [(layer.layer, layer.maps.shape) for layer in maps] == [("first", (6, 6, 1)), ("second", (3, 3, 5))]
    expected = image.reshape(6, 2, 6, 2).max(axis=(1, 3)) / 255
    assert maps[0].maps[..., 0] == pytest.approx(expected, abs=1e-6)


def test_a_single_pooling_layer_is_enough():
    import keras

    model = keras.Sequential([keras.Input((4, 4, 1), dtype="uint8"), keras.layers.MaxPooling2D(name="only")])
    assert [layer.maps.shape for layer in pooled_maps(model, np.zeros((4, 4), np.uint8))] == [(2, 2, 1)]


def test_a_network_without_pooling_has_no_feature_maps():
    import keras

    layers = [keras.Input((4, 4, 1), dtype="uint8"), keras.layers.Flatten(), keras.layers.Dense(2)]
    assert pooled_maps(keras.Sequential(layers), np.zeros((4, 4), np.uint8)) == []


def test_the_most_varied_maps_come_first_and_flat_ones_are_drawn_too():
    maps = np.zeros((4, 4, 3), np.float32)
    maps[0, 0] = [1, 9, 0]
    layer = FeatureMaps("pool", maps)
    assert most_varied(layer, 2) == [1, 0]
    shaded = faces.shaded_maps(layer)
    assert len(shaded) == 3
    assert shaded[2].std(axis=(0, 1)).tolist() == [0, 0, 0]
    assert faces.feature_maps(images(1)[0], [layer]).shape[1] == faces.WIDTH
