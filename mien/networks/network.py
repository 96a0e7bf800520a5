"""What every architecture is: checked options, and the layers between scaled pixels and the softmax."""

from abc import ABC, abstractmethod
from typing import Annotated

from keras import KerasTensor
from pydantic import BaseModel, ConfigDict, Field

Rate = Annotated[float, Field(ge=0.0, lt=1.0)]
"""Share of values that a dropout layer sets to 0 in training, 0 to below 1."""


class Network(BaseModel, ABC):
    """An architecture; its fields are the options that `train.network` in params.yaml may hold beside `name`.

    Values are not converted (`"0.3"` is no number) and unknown options are refused. Layers have fixed names, so that
    two models of one kind are equal layer by layer, whatever was built before them in the process.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @property
    @abstractmethod
    def smallest(self) -> int:
        """Smallest height and width in pixels that leave at least one pixel behind the last pooling."""

    @abstractmethod
    def features(self, x: KerasTensor) -> KerasTensor:
        """Add the layers from pixels (B, H, W, C) float to features (B, D) float; symbolic tensors of Keras."""
