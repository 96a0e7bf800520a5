import pytest

from mien.params import Params, load_params
from mien.presets import PRESETS, PROTOCOLS, Likeness, likeness, load_preset
from tests.test_params import PARAMS_YAML


def changed(name, protocol, **train):
    sections = load_preset(name).sections(protocol)
    return {**sections, "train": {**sections["train"], **train}}


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_preset_is_like_itself_under_its_protocol(name, protocol):
    assert likeness(load_preset(name).sections(protocol)) == Likeness(name, protocol)


def test_a_few_differences_are_named_with_both_values():
    found = likeness(changed("mememoji", "seed", epochs=3, batch_size=64))
    assert str(found) == (
        "as the preset mememoji, the seed's protocol, but train.batch_size 64 instead of 128; "
        "train.epochs 3 instead of 100"
    )
    assert str(likeness(load_preset("mememoji").sections())) == "as the preset mememoji, sound protocol"


def test_faces_of_another_size_or_colour_are_a_difference():
    sections = load_preset("vgg_small").sections()
    found = likeness({**sections, "ingest": {"image_size": 96, "color": "rgb", "source": "affectnet"}})
    assert found.differences == ("ingest.image_size 96 instead of 48", "ingest.color rgb instead of gray")
    assert likeness({**sections, "ingest": {"source": "fer2013"}}) == Likeness("vgg_small", "sound")


def test_settings_that_are_not_written_are_the_defaults():
    sections = load_preset("vgg_small").sections()
    sections["train"]["network"] = {"name": "vgg_small"}
    del sections["split"]["twins"]
    assert likeness(sections) == Likeness("vgg_small", "sound")


def test_another_network_or_too_many_differences_are_like_nothing():
    assert likeness(changed("mememoji", "seed", network={"name": "blog_cnn"})) is None
    many = {"epochs": 3, "batch_size": 64, "seed": 1, "class_weight": "balanced"}
    assert likeness(changed("mememoji", "seed", **many)) is not None
    assert likeness(changed("mememoji", "seed", **many, mixed_precision=True)) is None
    assert likeness(load_params(PARAMS_YAML).model_dump(mode="json", by_alias=True)) is None


def test_what_is_missing_or_does_not_validate_is_like_nothing():
    assert likeness({}) is None
    assert likeness({**load_preset("mememoji").sections(), "split": {"by": "chance"}}) is None
    assert likeness(Params().model_dump(mode="json", include={"train"})) is None
