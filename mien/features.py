"""What a network sees: its feature maps for one face after each pooling layer."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class FeatureMaps:
    """Output of one layer for one face: float32 (H, W, channels)."""

    layer: str
    maps: np.ndarray


def pooled_maps(model: Any, image: np.ndarray) -> list[FeatureMaps]:  # noqa: ANN401 - keras has no types
    """Outputs of the pooling layers of a Keras model for one face.

    Args:
        model: Sequential or functional, uint8 faces in.
        image: uint8, (H, W) or (H, W, C) as the model takes it.

    Returns:
        One entry per pooling layer that keeps height and width, in the model's order; empty when the model has none
        (layers inside a nested model do not count).
    """
    import keras

    layers = [layer for layer in model.layers if "Pooling" in type(layer).__name__ and len(layer.output.shape) == 4]
    if not layers:
        return []
    probe = keras.Model(model.inputs[0], {layer.name: layer.output for layer in layers})
    outputs = probe(image.reshape(1, *model.inputs[0].shape[1:]), training=False)
    arrays = {name: np.asarray(keras.ops.convert_to_numpy(output)[0], np.float32) for name, output in outputs.items()}
    if keras.config.image_data_format() == "channels_first":
        arrays = {name: np.moveaxis(array, 0, -1) for name, array in arrays.items()}
    return [FeatureMaps(layer.name, arrays[layer.name]) for layer in layers]


def most_varied(layer: FeatureMaps, count: int) -> list[int]:
    """Channels whose values spread most, the widest first."""
    spread = layer.maps.std(axis=(0, 1))
    return [int(channel) for channel in np.argsort(-spread, kind="stable")[:count]]
