"""`mememoji`: nine 3x3 convolutions in three blocks, from the project of that name of 2016; 1,727,430 at 6 classes."""

from keras import KerasTensor, layers

from mien.networks.network import Network
from mien.params.networks import MememojiOptions


class Mememoji(MememojiOptions, Network):
    """Three blocks of three convolutions, two dense layers. Shapes below are for 48x48x1."""

    def features(self, x: KerasTensor) -> KerasTensor:
        """(B, H, W, C) to (B, 256)."""
        for block, filters in enumerate((32, 64, 128), start=1):
            for number in range(3 * block - 2, 3 * block + 1):
                x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv_{number}")(x)
            x = layers.MaxPooling2D(2, name=f"pool_{block}")(x)  # (B, 24, 24, 32), (B, 12, 12, 64), (B, 6, 6, 128)
        x = layers.Dropout(self.dropout, name="dropout")(x)
        x = layers.Flatten(name="flatten")(x)  # (B, 4608)
        x = layers.Dense(256, activation="relu", name="dense_1")(x)  # (B, 256)
        return layers.Dense(256, activation="relu", name="dense_2")(x)  # (B, 256)
