import pytest
from optuna.trial import FixedTrial

from mien.errors import ParamsError
from mien.params import parse_params
from mien.sweep.space import in_words, trial_params
from tests.sweep.spaces import SPACE, settings

DRAWN = {
    "conv_layers": 3,
    "dropout": 0.3,
    "dense_layers": 2,
    "filters_1": 32,
    "filters_2": 48,
    "filters_3": 32,
    "dense_units_1": 16,
    "dense_units_2": 32,
    "learning_rate": 0.001,
}


def test_what_is_drawn_takes_the_place_of_the_network_the_epochs_and_the_learning_rate():
    known = settings({"batch_size": 17, "epochs": 99, "network": {"name": "vgg_small", "filters": 32}})
    params = trial_params(known.train, known.sweep, FixedTrial(DRAWN))
    assert params.network.name == "affectnet_cnn"
    assert params.network.options == {
        "conv_layers": 3,
        "dropout": 0.3,
        "dense_layers": 2,
        "filters": [32, 48, 32],
        "dense_units": [16, 32],
    }
    assert params.optimizer.learning_rate == 0.001
    assert (params.epochs, params.batch_size) == (3, 17)


def test_a_learning_rate_that_is_not_swept_is_that_of_section_train():
    known = settings({"optimizer": {"learning_rate": 0.07}}, space={**SPACE, "learning_rate": None})
    assert trial_params(known.train, known.sweep, FixedTrial(DRAWN)).optimizer.learning_rate == 0.07


def test_options_that_are_not_drawn_are_those_of_section_train_where_it_has_the_same_network():
    space = {"network": "vgg_small", "options": {"dropout": {"low": 0.1, "high": 0.3}}}
    known = settings({"network": {"name": "vgg_small", "filters": 32, "dropout": 0.6}}, space=space)
    params = trial_params(known.train, known.sweep, FixedTrial({"dropout": 0.2}))
    assert params.network.options == {"filters": 32, "dropout": 0.2}
    other = settings({"network": {"name": "vgg_small", "filters": 16, "dropout": 0.6}}, space=space)
    same = settings({"network": {"name": "vgg_small", "filters": 32, "dropout": 0.1}}, space=space)
    assert known.name == same.name != other.name


def test_steps_of_unfreezing_a_backbone_are_not_those_of_a_network_without_one():
    train = {"network": {"name": "backbone"}, "unfreeze": [{"after_epochs": 3, "blocks": 1}]}
    known = settings(train)
    assert trial_params(known.train, known.sweep, FixedTrial(DRAWN)).unfreeze is None
    assert known.name == settings().name


def test_layers_are_put_together_in_words():
    assert in_words(DRAWN) == (
        "conv_layers 3, dropout 0.3, dense_layers 2, filters 32-48-32, dense_units 16-32, learning_rate 0.001"
    )


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({"network": "nope"}, "sweep.space.network: no network of that name; known: blog_cnn, affectnet_cnn"),
        (
            {"options": {"filters": {"choices": [64, 600]}}},
            "options.filters: Input should be less than or equal to 512",
        ),
        ({"options": {"dropout": {"low": 0.1, "high": 0.5}}}, "options.dropout: Input should be greater than or equal"),
        ({"options": {"drop": {"choices": [0.3]}}}, "affectnet_cnn has no such option; known: conv_layers, filters"),
        ({"options": {"filters": {"choices": [32], "each": "conv"}}}, "options.filters.each: not in the space"),
        ({"options": {"filters": {"choice": [32]}}}, "unknown key; known here: choices, low, high, log, each"),
        ({"options": {"dropout": {"low": 0.4, "high": 0.3}}}, "low is not above high"),
        ({"options": {"dropout": {"low": 0.3}}}, "low and high belong together"),
        ({"options": {"dropout": {"low": 0.3, "high": 0.4, "choices": [0.3]}}}, "give either choices, or low and high"),
        ({"options": {"conv_layers": {"low": 2.5, "high": 4}}}, "options.conv_layers: Input should be a valid integer"),
        ({"learning_rate": {"low": 0.0, "high": 1.0}}, "learning_rate: must be above 0"),
        ({"learning_rate": {"low": 0.0, "high": 1.0, "log": True}}, "log needs low above 0"),
    ],
)
def test_a_space_that_the_network_does_not_take_is_refused_where_it_is(space, said):
    with pytest.raises(ParamsError) as caught:
        parse_params({"sweep": {"space": space}})
    assert said in str(caught.value)
