"""`backbone`: a network of `keras.applications` without its top, and one softmax layer: transfer learning.

Nothing is downloaded: the weights come from a file that the user names, or are random.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

import keras
from keras import KerasTensor, layers

from mien.errors import ParamsError
from mien.networks.network import Network
from mien.networks.weights import load_weights
from mien.params.networks import BackboneOptions

MOMENTUM = 0.9
"""Of the batch norms, as in EfficientNetV2. MobileNetV3's .999 was made for the many steps of ImageNet: on a small data
set the averages that a judged face is scaled by would still be those of the beginning after ten epochs."""

_BLOCK = re.compile(r"(expanded_conv(?:_\d+)?|block\d+[a-z])_")
"""What the layers of one block have in front of their names; stem and top have neither."""


@dataclass(frozen=True)
class _Architecture:
    """A maker of `keras.applications` and the pixels that it was made for.

    `mean` and `std`, gray values, bring pixels to the range that it expects; `channels` are means and variances by
    which each of the three channels is scaled after that.
    """

    make: Callable[..., keras.Model]
    mean: float
    std: float
    channels: tuple[tuple[float, ...], tuple[float, ...]] | None = None


ARCHITECTURES: Mapping[str, _Architecture] = MappingProxyType(
    {
        "mobilenet_v3_small": _Architecture(keras.applications.MobileNetV3Small, 127.5, 127.5),
        "mobilenet_v3_large": _Architecture(keras.applications.MobileNetV3Large, 127.5, 127.5),
        "efficientnet_v2_b0": _Architecture(
            keras.applications.EfficientNetV2B0,
            0.0,
            255.0,
            ((0.485, 0.456, 0.406), (0.229**2, 0.224**2, 0.225**2)),
        ),
    }
)
"""The means and spreads are those of the layers that `include_preprocessing` would put in front."""


class Backbone(BackboneOptions, Network):
    """Gray becomes three channels, resized; then the backbone, a mean over its places, dropout."""

    @property
    def own_scaling(self) -> tuple[float, float]:
        """The backbone's: with other pixels than those that its weights have learnt from, they would say nothing."""
        chosen = ARCHITECTURES[self.architecture]
        return chosen.mean, chosen.std

    def features(self, x: KerasTensor) -> KerasTensor:
        """(B, H, W, C) to (B, D), D by the architecture: 576, 960 or 1280."""
        # In float32 whatever the policy, as the scaling before it. Without `training` this layer of Keras takes itself
        # to be learning, and has all layers behind it think so too when someone calls the model as a function.
        resizing = layers.Resizing(self.size, self.size, dtype="float32", name="resizing")
        x = resizing(x, training=False)  # (B, size, size, C)
        if x.shape[-1] == 1:
            x = layers.Concatenate(dtype="float32", name="three_channels")([x, x, x])  # (B, size, size, 3)
        channels = ARCHITECTURES[self.architecture].channels
        if channels:
            mean, variance = channels
            x = layers.Normalization(mean=mean, variance=variance, dtype="float32", name="channel_scaling")(x)
        x = self._pretrained()(x)  # (B, size / 32, size / 32, D)
        x = layers.GlobalAveragePooling2D(name="pool")(x)
        return layers.Dropout(self.dropout, name="dropout")(x)

    def _pretrained(self) -> keras.Model:
        """The backbone with its weights: (B, size, size, 3) to (B, size / 32, size / 32, D)."""
        backbone = ARCHITECTURES[self.architecture].make(
            weights=None,
            include_top=False,
            include_preprocessing=False,
            input_tensor=keras.Input((self.size, self.size, 3), name="pixels"),
        )
        backbone.name = self.architecture  # as an argument it would choose other blocks in EfficientNetV2
        _number(backbone)
        for norm in backbone.layers:
            if isinstance(norm, layers.BatchNormalization):
                norm.momentum = MOMENTUM
        if self.weights is not None:
            load_weights(backbone, self.weights, self.weights_sha256)
        return backbone


def let_learn(network: keras.Model, blocks: int | None) -> None:
    """Freeze the backbone of `network` but for its last blocks; compile anew afterwards.

    Its batch norms learn in no block: they go on with the statistics of the weights file, for those of a few batches
    would spoil what the other layers have learnt (Keras' guide to transfer learning).

    Args:
        network: as built by `mien.networks.build("backbone")`.
        blocks: how many learn; None means all.

    Raises:
        ParamsError: the backbone has not so many.
    """
    parts = list(_blocks(network))
    if blocks is not None and blocks > len(parts):
        raise ParamsError(
            f"train.unfreeze: the backbone has {len(parts)} blocks, stem and top counted, received blocks: {blocks}. "
            "null means all of them."
        )
    frozen = 0 if blocks is None else len(parts) - blocks
    for number, block in enumerate(parts):
        for layer in block:
            layer.trainable = number >= frozen and not isinstance(layer, layers.BatchNormalization)


def _blocks(network: keras.Model) -> Iterator[list[keras.layers.Layer]]:
    """Layers with weights of the backbone in `network`: its stem, each of its blocks, its top."""
    backbone = next(layer for layer in network.layers if isinstance(layer, keras.Model))
    weighty = [layer for layer in backbone.layers if layer.weights]
    for _, block in groupby(weighty, lambda layer: (_BLOCK.match(layer.name) or [""])[0]):
        yield list(block)


def _number(backbone: keras.Model) -> None:
    """Name layers that Keras numbers through all models of the process by their place in this one."""
    counts: dict[str, int] = {}
    for operation in backbone.operations:
        kind = re.sub(r"_\d+$", "", operation.name)
        if kind in ("re_lu", "activation", "add", "multiply"):
            counts[kind] = counts.get(kind, 0) + 1
            operation.name = f"{kind}_{counts[kind]}"
