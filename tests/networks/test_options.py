"""What params.yaml may say of networks, found out without Keras."""

import subprocess
import sys

import pytest

from mien.errors import ParamsError
from mien.params import NETWORK_OPTIONS, load_params


def read(tmp_path, *lines):
    path = tmp_path / "params.yaml"
    path.write_text("\n".join(("train:", "  network:", *(f"    {line}" for line in lines))), encoding="utf-8")
    return load_params(path).train.network


def refusal(tmp_path, *lines):
    """The message that refuses params.yaml with these lines of the network."""
    with pytest.raises(ParamsError) as caught:
        read(tmp_path, *lines)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def test_a_network_takes_its_options(tmp_path):
    network = read(tmp_path, "name: affectnet_cnn", "filters: [32, 64]", "conv_layers: 2")
    assert network.options == {"filters": [32, 64], "conv_layers": 2}


@pytest.mark.parametrize("path", ["/weights/own.h5", "../own.h5", "weights/../../own.h5"])
def test_a_weights_file_lies_in_the_project_and_is_named_from_its_root(tmp_path, path):
    lines = ("name: backbone", f"weights: {path}", f"weights_sha256: {32 * 'ab'}")
    assert "4: train.network.weights: must be a path from the root of the project" in refusal(tmp_path, *lines)
    assert read(tmp_path, lines[0], "weights: data/own.h5", lines[2]).options["weights"] == "data/own.h5"


def test_an_unknown_network_is_refused_with_the_known_ones_and_its_line(tmp_path):
    known = "blog_cnn, affectnet_cnn, deep_cnn, mememoji, vgg_small, backbone"
    assert refusal(tmp_path, "name: vgg", "dropout: 0.1") == (
        f"params.yaml:3: train.network.name: no network of that name; known: {known}. Received: 'vgg'."
    )


def test_an_unknown_option_is_refused_with_those_of_the_network_and_its_line(tmp_path):
    assert refusal(tmp_path, "name: vgg_small", "drop: 1") == (
        "params.yaml:4: train.network.drop: vgg_small has no such option; known: filters, dropout, dense_dropout. "
        "Received: 1."
    )


def test_every_fault_of_a_network_is_listed(tmp_path):
    message = refusal(tmp_path, "name: deep_cnn", "dropout: 1.0", "dense_dropout: high", "mean: 3")
    assert [line.split(": ")[1] for line in message.splitlines()] == [
        "train.network.dropout",
        "train.network.dense_dropout",
        "train.network.mean",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("dropout: 1.0", "4: train.network.dropout: Input should be less than or equal to 0.5. Received: 1.0."),
        ("dropout: '0.3'", "4: train.network.dropout: Input should be a valid number. Received: '0.3'."),
        ("conv_layers: 5", "4: train.network.conv_layers: Input should be less than or equal to 4. Received: 5."),
        (
            "filters: [32, 16, 32]",
            "4: train.network.filters: Input should be greater than or equal to 32. Received: 16.",
        ),
        (
            "filters: [32, 32]",
            "2: train.network: filters has 2 entries, conv_layers is 3. Received: {'filters': [32, 32]}.",
        ),
        (
            "dense_units: [32]",
            "2: train.network: dense_units has 1 entries, dense_layers is 2. Received: {'dense_units': [32]}.",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(tmp_path, line, message):
    assert refusal(tmp_path, "name: affectnet_cnn", line) == f"params.yaml:{message}"


def test_the_layers_of_each_network_have_the_options_that_params_yaml_may_name():
    from mien.networks import NETWORKS  # imports Keras

    assert list(NETWORKS) == list(NETWORK_OPTIONS)
    for name, network in NETWORKS.items():
        assert issubclass(network, NETWORK_OPTIONS[name])
        assert network.model_fields.keys() == NETWORK_OPTIONS[name].model_fields.keys()


def test_reading_params_needs_neither_keras_nor_arrays():
    heavy = {"keras", "tensorflow", "numpy", "pandas", "mien.networks"}
    code = f"import sys, mien.params; print(*{heavy} & set(sys.modules))"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == ""


def test_faces_too_small_for_the_network_are_refused_before_anything_runs(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("ingest:\n  image_size: 32\ntrain:\n  network:\n    name: vgg_small\n", encoding="utf-8")
    with pytest.raises(ParamsError, match="vgg_small needs faces of at least 36 x 36 pixels; ingest.image_size is 32"):
        load_params(path)
    path.write_text(path.read_text().replace("32", "36"), encoding="utf-8")
    assert load_params(path).train.network.smallest == 36
