"""`affectnet_cnn`: a family, the design space of a report of 2019 on AffectNet; its number of parameters varies."""

from collections.abc import Sequence

from keras import KerasTensor, layers

from mien.networks.network import Network
from mien.params.networks import AffectnetCnnOptions


class AffectnetCnn(AffectnetCnnOptions, Network):
    """2 to 4 convolutions, each with pooling and dropout, and 2 to 4 dense layers before the softmax layer."""

    def features(self, x: KerasTensor) -> KerasTensor:
        """(B, H, W, C) to (B, units of the last dense layer)."""
        for number, filters in enumerate(_each(self.filters, self.conv_layers), start=1):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv_{number}")(x)
            x = layers.MaxPooling2D(2, name=f"pool_{number}")(x)  # (B, H / 2^number, W / 2^number, filters)
            x = layers.Dropout(self.dropout, name=f"dropout_{number}")(x)
        x = layers.Flatten(name="flatten")(x)
        for number, units in enumerate(_each(self.dense_units, self.dense_layers), start=1):
            x = layers.Dense(units, activation="relu", name=f"dense_{number}")(x)  # (B, units)
        return x


def _each(values: int | Sequence[int], count: int) -> Sequence[int]:
    """One number for each of `count` layers."""
    return [values] * count if isinstance(values, int) else values
