"""`affectnet_cnn`: a family, the design space of a report of 2019 on AffectNet; its number of parameters varies."""

from collections.abc import Sequence
from typing import Annotated, Self

from keras import KerasTensor, layers
from pydantic import Field, model_validator

from mien.networks.network import Network

Filters = Annotated[int, Field(ge=32, le=512)]
Units = Annotated[int, Field(ge=16, le=4096)]


class AffectnetCnn(Network):
    """2 to 4 convolutions, each with pooling and dropout, and 2 to 4 dense layers before the softmax layer.

    `dense_layers` counts hidden layers only: the softmax layer comes on top, as it does in the report's list. Where
    `filters` or `dense_units` is one number, every layer has it; a list names them one by one.
    """

    conv_layers: int = Field(
        3, ge=2, le=4, description="2 to 4; convolutions 3x3, zero padding, ReLU, max pooling 2x2."
    )
    filters: Filters | Sequence[Filters] = Field(64, description="32 to 512; of each convolution, or a list.")
    dropout: float = Field(0.25, ge=0.25, le=0.5, description="0.25 to 0.5; after each pooling.")
    dense_layers: int = Field(2, ge=2, le=4, description="2 to 4; hidden, ReLU; the softmax layer not counted.")
    dense_units: Units | Sequence[Units] = Field(256, description="16 to 4096; of each dense layer, or a list.")

    @model_validator(mode="after")
    def _lengths_agree(self) -> Self:
        for name, count in (("filters", self.conv_layers), ("dense_units", self.dense_layers)):
            values = getattr(self, name)
            if not isinstance(values, int) and len(values) != count:
                layers_of = "conv_layers" if name == "filters" else "dense_layers"
                raise ValueError(f"{name} has {len(values)} entries, {layers_of} is {count}")
        return self

    @property
    def smallest(self) -> int:
        """Each convolution is followed by a halving."""
        return int(2**self.conv_layers)

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
