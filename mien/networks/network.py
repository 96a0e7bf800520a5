"""What every architecture is: its options, and the layers between scaled pixels and the softmax."""

from abc import ABC, abstractmethod

from keras import KerasTensor

from mien.params import NetworkOptions


class Network(NetworkOptions, ABC):
    """An architecture; its fields are its options, which `mien.params` declares for who has no Keras.

    Layers have fixed names, so that two models of one kind are equal layer by layer, whatever was built before them in
    the process.
    """

    @property
    def own_scaling(self) -> tuple[float, float] | None:
        """What to subtract from gray values and divide the difference by; None: mean and spread of the faces."""
        return None

    @abstractmethod
    def features(self, x: KerasTensor) -> KerasTensor:
        """Add the layers from pixels (B, H, W, C) float to features (B, D) float; symbolic tensors of Keras."""
