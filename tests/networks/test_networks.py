import keras
import numpy as np
import pytest

from mien.errors import ParamsError
from mien.networks import NETWORKS, build
from mien.params import BACKBONE

FACES = np.random.default_rng(7).integers(0, 256, (8, 48, 48, 1), dtype=np.uint8)


def trainable(model: keras.Model) -> int:
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


@pytest.mark.parametrize(
    ("name", "classes", "total", "learning"),
    [
        ("blog_cnn", 6, 33_418, 33_418),
        ("deep_cnn", 3, 2_395_075, 2_393_027),
        ("mememoji", 6, 1_727_430, 1_727_430),
        ("vgg_small", 7, 141_303, 140_343),
    ],
)
def test_a_network_has_the_parameters_of_its_source(name, classes, total, learning):
    model = build(name, classes)
    assert (model.count_params(), trainable(model)) == (total, learning)


def test_filters_of_vgg_small_double_from_block_to_block():
    convolutions = [layer.filters for layer in build("vgg_small", filters=24).layers if "conv" in layer.name]
    assert convolutions == [24, 24, 48, 48, 96, 96]


def test_the_family_has_the_layers_that_its_options_ask_for():
    model = build("affectnet_cnn", 8, conv_layers=2, filters=[32, 64], dense_layers=3, dense_units=[128, 64, 32])
    convolutions = (9 * 1 * 32 + 32) + (9 * 32 * 64 + 64)
    dense = (12 * 12 * 64 * 128 + 128) + (128 * 64 + 64) + (64 * 32 + 32) + (32 * 8 + 8)
    assert model.count_params() == convolutions + dense
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [0.25, 0.25]


def test_one_number_of_the_family_holds_for_every_layer():
    one = build("affectnet_cnn", filters=32, dense_units=64)
    listed = build("affectnet_cnn", filters=[32, 32, 32], dense_units=(64, 64))
    assert one.count_params() == listed.count_params()


@pytest.mark.parametrize("name", NETWORKS)
def test_uint8_faces_become_probabilities(name):
    model = build(name, 5, shape=(48, 48, 3))
    faces = np.repeat(FACES, 3, axis=-1)
    probabilities = np.asarray(model(faces))
    assert model.input.dtype == "uint8"
    assert probabilities.shape == (8, 5)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("name", ["vgg_small", pytest.param(BACKBONE, marks=pytest.mark.slow)])
def test_a_second_head_stands_beside_the_first_of_any_network(name):
    keras.utils.set_random_seed(3)
    alone = build(name, 5)
    keras.utils.set_random_seed(3)
    both = build(name, 5, affect=True)
    said = both(FACES)
    assert said["affect"].shape == (8, 2)
    assert not np.any(said["affect"]), "it begins in the middle, where it learns"
    assert np.array_equal(said["probabilities"], alone(FACES))


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != BACKBONE])
def test_the_smallest_face_of_a_network_is_the_smallest_that_it_can_take(name):
    network = NETWORKS[name]()
    smallest = network.smallest
    build(name, shape=(smallest, smallest + 3, 1))
    with pytest.raises(ValueError, match=r"(?i)dimension|shape"):
        network.features(keras.Input((smallest - 1, 48, 1)))
    with pytest.raises(ParamsError, match=f"at least {smallest}x{smallest} pixels, received {smallest - 1}x48"):
        build(name, shape=(smallest - 1, 48, 1))


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != BACKBONE])
@pytest.mark.parametrize(("size", "channels"), [(96, 1), (224, 3)])
def test_every_network_takes_larger_and_coloured_faces(name, size, channels):
    features = NETWORKS[name]().features(keras.Input((size, size, channels)))
    assert all(length > 0 for length in features.shape[1:])


def test_a_backbone_takes_colour_as_it_is():
    layers = [layer.name for layer in build(BACKBONE, shape=(224, 224, 3)).layers]
    assert layers[:4] == ["faces", "scaling", "resizing", "mobilenet_v3_small"]


def test_pixels_are_scaled_inside_the_model():
    model = build("blog_cnn", mean=129.0, std=64.0)
    scaled = keras.Model(model.input, model.get_layer("scaling").output)(FACES)
    np.testing.assert_allclose(np.asarray(scaled), (FACES.astype(np.float32) - 129.0) / 64.0, atol=1e-5)


def test_scaling_and_probabilities_stay_in_full_precision_under_mixed_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build("vgg_small")
    finally:
        keras.config.set_dtype_policy(before)
    assert model.output.dtype == "float32"
    assert model.get_layer("scaling").output.dtype == "float32"
    assert model.get_layer("conv_2").output.dtype == "bfloat16"
    assert model.layers[-1].name == "probabilities"


def test_a_saved_model_is_loaded_without_code_of_ours(tmp_path):
    model = build("vgg_small")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    assert {type(layer).__module__.partition(".")[0] for layer in loaded.layers} == {"keras"}
    np.testing.assert_array_equal(np.asarray(loaded(FACES)), np.asarray(model(FACES)))


def test_layers_have_the_same_names_in_every_model():
    assert [layer.name for layer in build("deep_cnn").layers] == [layer.name for layer in build("deep_cnn").layers]


def test_a_seed_set_before_building_gives_the_same_weights():
    first, second = [], []
    for weights in (first, second):
        keras.utils.set_random_seed(3)
        weights += build("blog_cnn").get_weights()
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("vgg", {}, r"no network of that name; known: blog_cnn, .*, backbone\. Received: 'vgg'"),
        (
            "vgg_small",
            {"drop": 1},
            r"train\.network\.drop: vgg_small has no such option; known: filters, dropout, dense_dropout",
        ),
        ("blog_cnn", {"dropout": "0.3"}, r"train\.network\.dropout: Input should be a valid number\. Received: '0\.3'"),
    ],
)
def test_who_builds_without_params_yaml_is_refused_in_its_words(name, options, message):
    with pytest.raises(ParamsError, match=message):
        build(name, **options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": 1}, "at least two classes"),
        ({"shape": (48, 48)}, r"received \(48, 48\)"),
        ({"shape": (48, 48, 2)}, r"received \(48, 48, 2\)"),
        ({"std": 0.0}, r"std must be above 0, received 0\.0"),
    ],
)
def test_impossible_sizes_are_refused(arguments, message):
    with pytest.raises(ParamsError, match=message):
        build("blog_cnn", **arguments)


def memorise(name: str, **options: object) -> float:
    """Accuracy on eight faces that a network was shown at most 300 times."""
    keras.utils.set_random_seed(1)
    model = build(name, 4, **options)
    labels = np.arange(8) % 4
    model.compile(
        keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False
    )
    for _ in range(300):
        _, accuracy = model.train_on_batch(FACES, labels)
        model.reset_metrics()
        if accuracy == 1.0:
            break
    return float(accuracy)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("blog_cnn", {"dropout": 0.0}),
        ("affectnet_cnn", {}),
        ("deep_cnn", {"dropout": 0.0, "dense_dropout": 0.0}),
        ("mememoji", {"dropout": 0.0}),
        ("vgg_small", {"dropout": 0.0, "dense_dropout": 0.0}),
    ],
)
def test_a_network_can_memorise_one_batch(name, options):
    assert memorise(name, **options) == 1.0
