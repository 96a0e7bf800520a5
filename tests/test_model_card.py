import dataclasses

import jinja2
import pytest

from mien.model_card import CardFacts, model_card
from mien.params import Preparation
from mien.soundness import Soundness
from tests.tasks.judged import CLASSES, figures


@pytest.fixture
def facts():
    metrics = {
        "official": figures(0.8),
        "clean": figures(0.7),
        "temperature": 1.25,
        "test_usage": "PrivateTest",
        "protocol": Soundness(20).record,
    }
    return CardFacts(
        model_name="mien",
        network="vgg_small",
        classes=CLASSES,
        preparation=Preparation(96, "rgb", 0.2, True),
        metrics=metrics,
        fingerprint={"accepted": 100, "refused": 2, "licence": "Apache-2.0"},
        kept=90,
        dropped=10,
        data_digest="abc.dir",
        commit="deadbeef",
        params={},
    )


def test_the_card_says_what_the_model_is_and_is_not_for(facts):
    card = model_card(facts)
    assert "| accuracy | 80.0% (75.0% to 85.0%) | 70.0% (65.0% to 75.0%) |" in card
    assert "| sad | 0.500 | 0.800 | 0.600 | 10 |" in card
    assert "Not at work, in education" in card
    assert "Licence of the data: Apache-2.0" in card
    assert "abc.dir" in card
    assert "deadbeef" in card


def test_the_card_says_what_a_face_is(facts):
    assert "one face (96 x 96 pixels, in colour, boxes with 20% around, eyes level)" in model_card(facts)
    gray = dataclasses.replace(facts, preparation=Preparation())
    assert "one face (48 x 48 pixels, gray)" in model_card(gray)


def test_unknown_terms_of_the_data_are_said(facts):
    unknown = dataclasses.replace(facts, fingerprint={**facts.fingerprint, "licence": None})
    assert "Licence of the data: not stated" in model_card(unknown)


def test_the_card_tells_how_well_valence_and_arousal_are_told(facts):
    assert "arousal" not in model_card(facts)
    interval = {"low": 0.4, "high": 0.6}
    valence = {"n": 90, "ccc": 0.5, "ccc_interval": interval, "rmse": 0.5, "rmse_interval": interval}
    official = {**facts.metrics["official"], "affect": {"valence": valence, "arousal": {"n": 0}}}
    card = model_card(dataclasses.replace(facts, metrics={**facts.metrics, "official": official}))
    assert "| valence | 0.500 (0.400 to 0.600) | 0.500 (0.400 to 0.600) | 90 |" in card
    assert "| arousal | not known | not known | 0 |" in card


def test_a_side_without_rows_and_a_class_without_faces_are_said(facts):
    official = figures(0.8)
    for name in ("precision", "recall", "f1", "support"):
        del official[name]["sad"]
    card = model_card(dataclasses.replace(facts, metrics={**facts.metrics, "official": official, "clean": {"n": 0}}))
    assert "| accuracy | 80.0% (75.0% to 85.0%) | no rows |" in card
    assert "| sad |" not in card


def test_a_card_with_a_hole_is_refused(facts):
    with pytest.raises(jinja2.UndefinedError):
        model_card(dataclasses.replace(facts, fingerprint={}))


def test_figures_that_are_not_to_be_believed_are_called_that(facts):
    protocol = Soundness(20, test_in_training=12).record
    card = model_card(dataclasses.replace(facts, metrics={**facts.metrics, "protocol": protocol}))
    said = "**These figures are not to be believed: 12 of 20 test faces were learned from.**"
    assert card.index(said) < card.index("| accuracy |")
    assert "to be believed" not in model_card(facts)
