"""The networks on a backbone: built, kept, and filled with weights from a file."""

import hashlib
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from mien.errors import ParamsError
from mien.networks import build
from mien.networks.backbone import ARCHITECTURES, let_learn
from mien.presets import load_preset

pytestmark = pytest.mark.slow

FACES = np.random.default_rng(7).integers(0, 256, (4, 48, 48, 1), dtype=np.uint8)
SIZE = 32


def backbone(architecture="mobilenet_v3_small", **options):
    return build("backbone", 3, architecture=architecture, size=SIZE, **options)


def inner(network):
    return next(layer for layer in network.layers if isinstance(layer, keras.Model))


@pytest.fixture(scope="module")
def source():
    """Someone else's network, its weights random in all layers, those of the batch norms too."""
    network = keras.applications.MobileNetV3Small(weights=None, include_top=False, input_shape=(SIZE, SIZE, 3))
    generator = np.random.default_rng(3)
    network.set_weights([generator.uniform(0.1, 1.0, value.shape) for value in network.get_weights()])
    return network


@pytest.fixture(params=["backbone.weights.h5", "backbone.h5"])
def file(request, source, tmp_path, monkeypatch):
    """Its weights in each of Keras' two formats, named from the project's root."""
    monkeypatch.chdir(tmp_path)
    save = save_as_keras_2 if request.param == "backbone.h5" else save_as_keras_3
    save(request.param, source)
    return request.param


def save_as_keras_3(file, network):
    network.save_weights(file)


def save_as_keras_2(file, network):
    """The layout of the files of `keras.applications`, whose layers are found by their order."""
    weighty = [layer for layer in network.layers if layer.weights]
    with h5py.File(file, "w") as stored:
        stored.attrs["layer_names"] = [f"old_{layer.name}".encode() for layer in weighty]
        for layer in weighty:
            group = stored.create_group(f"old_{layer.name}")
            names = [f"weight_{number}:0" for number in range(len(layer.weights))]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, value in zip(names, layer.get_weights(), strict=True):
                group[name] = value


def sha256(file):
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def answers(network):
    return network.predict_on_batch(FACES)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_saved_backbone_is_loaded_without_code_of_ours(architecture, tmp_path):
    model = backbone(architecture)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    kinds = {type(layer).__module__.partition(".")[0] for layer in (*loaded.layers, *inner(loaded).layers)}
    assert kinds == {"keras"}
    assert answers(model).shape == (4, 3)
    np.testing.assert_array_equal(answers(loaded), answers(model))


def test_a_model_that_is_called_without_a_word_does_not_learn():
    model = backbone()
    before = model.get_weights()
    model(FACES)
    assert all(map(np.array_equal, model.get_weights(), before))
    model(FACES, training=True)
    assert not all(map(np.array_equal, model.get_weights(), before))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_pixels_reach_the_backbone_as_its_own_preprocessing_would_bring_them(architecture):
    """Mean and spread of the faces say nothing to weights that have learnt from other pixels."""
    make = ARCHITECTURES[architecture].make
    theirs = make(weights=None, include_top=False, include_preprocessing=True, input_shape=(SIZE, SIZE, 3))
    ours = backbone(architecture, mean=99.0, std=12.0)
    theirs.set_weights(inner(ours).get_weights())
    resized = keras.ops.image.resize(np.repeat(FACES, 3, axis=-1).astype(np.float32), (SIZE, SIZE))
    expected = keras.ops.convert_to_numpy(theirs(resized, training=False)).mean(axis=(1, 2))
    features = keras.Model(ours.input, ours.get_layer("pool").output).predict_on_batch(FACES)
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-5)


def test_models_of_one_kind_have_the_same_names_whatever_was_built_before():
    first = backbone().to_json()
    keras.layers.ReLU()
    assert backbone().to_json() == first


def test_the_weights_of_a_file_are_those_of_the_backbone(file, source):
    network = backbone(weights=file, weights_sha256=sha256(file))
    for ours, theirs in zip(inner(network).get_weights(), source.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def refusal(path, architecture="mobilenet_v3_small", **options):
    with pytest.raises(ParamsError) as caught:
        backbone(architecture, weights=str(path), **{"weights_sha256": sha256(path), **options})
    return str(caught.value)


def test_a_file_of_another_architecture_is_refused_with_its_first_layer_that_does_not_fit(file):
    said = refusal(file, "mobilenet_v3_large")
    by_order = (
        "layer expanded_conv_project (there: old_expanded_conv_squeeze_excite_conv) expects (1, 1, 16, 16), "
        "the file has (1, 1, 16, 8) (8,)"
    )
    by_name = "layer expanded_conv_1_expand expects (1, 1, 16, 64), the file has (1, 1, 16, 72)"
    expected = by_order if file == "backbone.h5" else by_name
    assert f"{file} does not fit mobilenet_v3_large: {expected}." in said


def test_a_layer_too_few_or_too_many_is_named(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    layers = [layer for layer in source.layers if layer.weights]
    save_as_keras_2("few.h5", keras.Model(source.input, layers[-3].output))
    assert "it has no weights for layer conv_1, (1, 1, 96, 576)" in refusal("few.h5")
    top = keras.layers.Dense(5, name="top")(keras.layers.GlobalAveragePooling2D()(source.output))
    save_as_keras_2("many.h5", keras.Model(source.input, top))
    said = refusal("many.h5")
    assert "it has a layer old_top, (576, 5) (5,), that is none of this network" in said
    assert "without its top" in said


def test_a_file_that_is_not_there_is_said_with_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParamsError, match=r"none\.h5 cannot be read: No such file") as caught:
        backbone(weights="none.h5")
    assert str(tmp_path / "none.h5") in str(caught.value)
    assert "Nothing is downloaded" in str(caught.value)
    assert "dvc pull none.h5.dvc" in str(caught.value)


def test_a_file_of_something_else_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("page.h5").write_text("<html>")
    assert "page.h5 is no weights file of Keras" in refusal("page.h5")
    with h5py.File("table.h5", "w") as stored:
        stored["table"] = [1, 2]
    assert "table.h5 holds no weights of layers" in refusal("table.h5")


def names_a_layer_that_is_missing(stored):
    stored.attrs["layer_names"] = ["conv"]


def names_no_layers(stored):
    stored.create_group("model_weights")


def has_a_weight_without_a_number(stored):
    stored["conv/vars/kernel"] = [1.0]
    stored["conv/vars"].attrs["name"] = "conv"


def leads_to_another_file(stored):
    stored.attrs["layer_names"] = ["conv"]
    stored.create_group("conv").attrs["weight_names"] = ["kernel"]
    with h5py.File("other.h5", "w") as other:
        other["kernel"] = [1.0]
    stored["conv/kernel"] = h5py.ExternalLink("other.h5", "kernel")


def holds_words(stored):
    stored["conv/vars/0"] = ["kernel"]
    stored["conv/vars"].attrs["name"] = "conv"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (names_a_layer_that_is_missing, "conv is missing or a link"),
        (names_no_layers, "layer_names"),
        (has_a_weight_without_a_number, "'kernel'"),
        (leads_to_another_file, "kernel is missing or a link"),
        (holds_words, "/conv/vars/0 are no numbers"),
    ],
)
def test_a_file_that_is_broken_or_hostile_is_no_weights_file(tmp_path, monkeypatch, spoil, said):
    monkeypatch.chdir(tmp_path)
    with h5py.File("bad.h5", "w") as stored:
        spoil(stored)
    message = refusal("bad.h5")
    assert "bad.h5 is no weights file of Keras" in message
    assert said in message


def test_what_a_small_file_only_declares_is_not_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with h5py.File("huge.h5", "w") as stored:
        stored.create_dataset("conv/vars/0", (200_000_000_000,), "f8", chunks=(1024,))
        stored["conv/vars"].attrs["name"] = "conv"
    assert "the file has (200000000000,)" in refusal("huge.h5")


def test_the_content_of_the_file_must_be_named_and_right(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("x.h5")
    path.write_bytes(b"x")
    assert f"Add this line below the one of weights:\n    weights_sha256: {sha256(path)}" in refusal(
        path, weights_sha256=None
    )
    assert f"received {sha256(path)}, expected {64 * '0'}" in refusal(path, weights_sha256=64 * "0")


def test_the_preset_says_how_many_parameters_it_has():
    preset = load_preset("transfer")
    network = preset.sections()["train"]["network"]
    assert build(classes=7, **network).count_params() == preset.parameters


def learning(network):
    """Layers of the backbone of which a weight learns."""
    return [layer.name for layer in inner(network).layers if layer.trainable_weights]


def test_only_the_last_blocks_learn_and_no_batch_norm():
    network = backbone()
    let_learn(network, 2)
    assert learning(network)[0] == "expanded_conv_10_expand"
    assert learning(network)[-1] == "conv_1"
    assert not [name for name in learning(network) if name.endswith("_bn")]
    let_learn(network, None)
    assert learning(network)[0] == "conv"
    let_learn(network, 0)
    assert learning(network) == []
    assert network.trainable_weights == network.get_layer("probabilities").trainable_weights


def test_more_blocks_than_there_are_is_refused():
    with pytest.raises(ParamsError, match="the backbone has 13 blocks, .* received blocks: 14"):
        let_learn(backbone(), 14)
