"""Networks by name: uint8 faces in, probabilities out.

    model = build("vgg_small", classes=7)

The scaling of pixels is a layer, so that training and serving cannot differ, and only layers that Keras has itself are
used, so that a saved model needs no code of ours. Set the seed (`keras.utils.set_random_seed`) before building where
the first weights shall be the same again.
"""

from collections.abc import Mapping
from types import MappingProxyType

import keras

from mien.errors import ParamsError
from mien.networks.affectnet_cnn import AffectnetCnn
from mien.networks.backbone import Backbone
from mien.networks.blog_cnn import BlogCnn
from mien.networks.deep_cnn import DeepCnn
from mien.networks.mememoji import Mememoji
from mien.networks.network import Network
from mien.networks.vgg_small import VggSmall
from mien.params import parse_params

PROBABILITIES, AFFECT = "probabilities", "affect"
"""Names of the heads."""

NETWORKS: Mapping[str, type[Network]] = MappingProxyType(
    {
        "blog_cnn": BlogCnn,
        "affectnet_cnn": AffectnetCnn,
        "deep_cnn": DeepCnn,
        "mememoji": Mememoji,
        "vgg_small": VggSmall,
        "backbone": Backbone,
    }
)
"""Every architecture; a new one is a module and a line here, its options and a line in `mien.params.networks`."""


def build(
    name: str,
    classes: int = 7,
    *,
    shape: tuple[int, int, int] = (48, 48, 1),
    mean: float = 0.0,
    std: float = 255.0,
    affect: bool = False,
    **options: object,
) -> keras.Model:
    """Build an untrained network.

    Args:
        name: key of `NETWORKS`.
        classes: number of probabilities.
        shape: of one face, (H, W, C).
        mean: gray value (0..255) that is subtracted from every pixel.
        std: gray values by which the difference is divided; with the defaults pixels become 0..1. A backbone overrides
            both: it has pixels of its own.
        affect: whether a second head tells valence and arousal.
        options: of that network, see `mien.params.NETWORK_OPTIONS`.

    Returns:
        A functional model, not compiled: faces (B, H, W, C) uint8 to probabilities (B, `classes`) float32, also where
        the layers between compute in another precision. With `affect` it gives a dictionary: `probabilities`, and
        `affect` (B, 2) float32 in [-1, 1], valence and arousal.

    Raises:
        ParamsError: unknown network or option, a value out of range, a shape too small for the network, or a weights
            file that does not fit.
    """
    network = _network(name, options)
    _check(name, network, classes, shape, std)
    mean, std = network.own_scaling or (mean, std)
    faces = keras.Input(shape, dtype="uint8", name="faces")  # (B, H, W, C)
    # In float32 whatever the policy: half precision would round the scale before it is used.
    x = keras.layers.Rescaling(1.0 / std, offset=-mean / std, dtype="float32", name="scaling")(faces)
    x = network.features(x)  # (B, D)
    y = keras.layers.Dense(classes, activation="softmax", dtype="float32", name=PROBABILITIES)(x)  # (B, classes)
    if affect:
        # From 0 on: features are large, and a tanh that random weights drive to its ends learns no more.
        second = keras.layers.Dense(2, "tanh", kernel_initializer="zeros", dtype="float32", name=AFFECT)(x)  # (B, 2)
        return keras.Model(faces, {PROBABILITIES: y, AFFECT: second}, name=name)
    return keras.Model(faces, y, name=name)


def _network(name: str, options: Mapping[str, object]) -> Network:
    """The architecture with its options, checked in the words of params.yaml."""
    parse_params({"train": {"network": {"name": name, **options}}}, "networks.build")
    return NETWORKS[name].model_validate(options)


def _check(name: str, network: Network, classes: int, shape: tuple[int, int, int], std: float) -> None:
    if classes < 2:
        raise ParamsError(f"network {name}: at least two classes are needed, received classes={classes!r}.")
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise ParamsError(f"network {name}: shape must be (height, width, 1 or 3), received {shape!r}.")
    if min(shape[:2]) < network.smallest:
        raise ParamsError(
            f"network {name} needs faces of at least {network.smallest}x{network.smallest} pixels, received "
            f"{shape[0]}x{shape[1]}. Raise ingest.image_size or choose another network."
        )
    if not std > 0:
        raise ParamsError(f"network {name}: std must be above 0, received {std!r}.")
