"""`deep_cnn`: six wide convolutions in three blocks, from a notebook of 2021.

2,395,075 parameters at 3 classes, 2,393,027 of them trainable.
"""

from keras import KerasTensor, layers

from mien.networks.network import Network
from mien.params.networks import DeepCnnOptions


class DeepCnn(DeepCnnOptions, Network):
    """Blocks of two convolutions, ReLU before batch norm, He's normal weights. Shapes below are for 48x48x1."""

    def features(self, x: KerasTensor) -> KerasTensor:
        """(B, H, W, C) to (B, 128)."""
        for block, (filters, kernel) in enumerate(((64, 5), (128, 3), (256, 3)), start=1):
            x = self._block(x, block, filters, kernel)  # (B, 24, 24, 64), (B, 12, 12, 128), (B, 6, 6, 256)
        x = layers.Flatten(name="flatten")(x)  # (B, 9216)
        x = layers.Dense(128, activation="relu", kernel_initializer="he_normal", name="dense_1")(x)  # (B, 128)
        x = layers.BatchNormalization(name="dense_norm")(x)
        return layers.Dropout(self.dense_dropout, name="dense_dropout")(x)

    def _block(self, x: KerasTensor, block: int, filters: int, kernel: int) -> KerasTensor:
        """Two convolutions and a halving: (B, H, W, C) to (B, H / 2, W / 2, `filters`)."""
        for number in (2 * block - 1, 2 * block):
            x = layers.Conv2D(
                filters,
                kernel,
                padding="same",
                activation="relu",
                kernel_initializer="he_normal",
                name=f"conv_{number}",
            )(x)
            x = layers.BatchNormalization(name=f"norm_{number}")(x)
        x = layers.MaxPooling2D(2, name=f"pool_{block}")(x)
        return layers.Dropout(self.dropout, name=f"dropout_{block}")(x)
