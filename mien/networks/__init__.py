"""Networks by name: uint8 faces in, probabilities out.

    model = build("vgg_small", classes=7)

The scaling of pixels is a layer, so that training and serving cannot differ, and only layers that Keras has itself are
used, so that a saved model needs no code of ours. Set the seed (`keras.utils.set_random_seed`) before building where
the first weights shall be the same again.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import keras
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mien.errors import ParamsError
from mien.networks.affectnet_cnn import AffectnetCnn
from mien.networks.blog_cnn import BlogCnn
from mien.networks.deep_cnn import DeepCnn
from mien.networks.mememoji import Mememoji
from mien.networks.network import Network
from mien.networks.vgg_small import VggSmall

NETWORKS: Mapping[str, type[Network]] = MappingProxyType(
    {
        "blog_cnn": BlogCnn,
        "affectnet_cnn": AffectnetCnn,
        "deep_cnn": DeepCnn,
        "mememoji": Mememoji,
        "vgg_small": VggSmall,
    }
)
"""Every architecture; a new one is a module and a line here."""


def build(
    name: str,
    classes: int = 7,
    *,
    shape: tuple[int, int, int] = (48, 48, 1),
    mean: float = 0.0,
    std: float = 255.0,
    **options: object,
) -> keras.Model:
    """Build an untrained network.

    Args:
        name: key of `NETWORKS`.
        classes: number of probabilities.
        shape: of one face, (H, W, C).
        mean: gray value (0..255) that is subtracted from every pixel.
        std: gray values by which the difference is divided; with the defaults pixels become 0..1.
        options: of that network, see its fields.

    Returns:
        A functional model, not compiled: faces (B, H, W, C) uint8 to probabilities (B, `classes`) float32, also where
        the layers between compute in another precision.

    Raises:
        ParamsError: unknown network or option, a value out of range, or a shape too small for the network.
    """
    network = _network(name, options)
    _check(name, network, classes, shape, std)
    faces = keras.Input(shape, dtype="uint8", name="faces")  # (B, H, W, C)
    # In float32 whatever the policy: half precision would round the scale before it is used.
    x = keras.layers.Rescaling(1.0 / std, offset=-mean / std, dtype="float32", name="scaling")(faces)
    x = network.features(x)  # (B, D)
    x = keras.layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)  # (B, classes)
    return keras.Model(faces, x, name=name)


def _network(name: str, options: Mapping[str, object]) -> Network:
    """The architecture with its options checked."""
    if name not in NETWORKS:
        raise ParamsError(f"train.network.name: no network {name!r}. Known: {', '.join(NETWORKS)}.")
    kind = NETWORKS[name]
    try:
        return kind.model_validate(options)
    except ValidationError as error:
        faults = " ".join(_faults(error.errors()))
        raise ParamsError(f"network {name}: {faults}\nOptions of {name}:\n{_describe(kind)}") from error


def _faults(errors: Sequence[ErrorDetails]) -> Iterator[str]:
    """What is wrong with each option.

    Pydantic tries "a number or a list" both ways and reports both; the one that got deeper is the one meant.
    """
    depth: dict[object, int] = {}
    for fault in errors:
        option = fault["loc"][:1]
        depth[option] = max(depth.get(option, 0), len(fault["loc"]))
    for fault in errors:
        if len(fault["loc"]) == depth[fault["loc"][:1]]:
            yield _sentence(fault)


def _sentence(fault: ErrorDetails) -> str:
    if fault["type"] == "extra_forbidden":
        return f"no option {fault['loc'][0]!r} (received {fault['input']!r})."
    option = f"{fault['loc'][0]}: " if fault["loc"] else ""
    return f"{option}{fault['msg'].removeprefix('Value error, ')}, received {fault['input']!r}."


def _describe(kind: type[Network]) -> str:
    """One line for each option."""
    lines = [f"  {name} (default {field.default!r}): {field.description}" for name, field in kind.model_fields.items()]
    return "\n".join(lines)


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
