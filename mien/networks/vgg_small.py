"""`vgg_small`: six narrow convolutions without padding, from a capstone project of 2017.

141,303 parameters at 7 classes, 140,343 of them trainable, with its 16 filters in the first block.
"""

from keras import KerasTensor, layers

from mien.networks.network import Network
from mien.params.networks import VggSmallOptions


class VggSmall(VggSmallOptions, Network):
    """Three blocks of two convolutions with batch norm. Shapes below are for 48x48x1 and 16 filters."""

    def features(self, x: KerasTensor) -> KerasTensor:
        """(B, H, W, C) to (B, 256)."""
        for block, filters in enumerate((self.filters, 2 * self.filters, 4 * self.filters), start=1):
            x = self._block(x, block, filters)  # (B, 22, 22, 16), (B, 9, 9, 32), (B, 2, 2, 64)
        x = layers.Flatten(name="flatten")(x)  # (B, 256)
        x = layers.Dense(256, activation="relu", name="dense_1")(x)  # (B, 256)
        x = layers.BatchNormalization(name="dense_norm")(x)
        return layers.Dropout(self.dense_dropout, name="dense_dropout")(x)

    def _block(self, x: KerasTensor, block: int, filters: int) -> KerasTensor:
        """(B, H, W, C) to (B, (H - 4) / 2, (W - 4) / 2, `filters`)."""
        for number in (2 * block - 1, 2 * block):
            x = layers.Conv2D(filters, 3, activation="relu", name=f"conv_{number}")(x)
            x = layers.BatchNormalization(name=f"norm_{number}")(x)
        x = layers.MaxPooling2D(2, name=f"pool_{block}")(x)
        return layers.Dropout(self.dropout, name=f"dropout_{block}")(x)
