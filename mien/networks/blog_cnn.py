"""`blog_cnn`: three convolutions of falling size, from a blog of 2017; 33,418 parameters at 6 classes."""

from keras import KerasTensor, layers

from mien.networks.network import Network
from mien.params.networks import BlogCnnOptions


class BlogCnn(BlogCnnOptions, Network):
    """Large kernels first, one average pooling, a small dense layer. Shapes below are for 48x48x1."""

    def features(self, x: KerasTensor) -> KerasTensor:
        """(B, H, W, C) to (B, 100)."""
        x = layers.Conv2D(16, 7, padding="same", activation="relu", name="conv_1")(x)  # (B, 48, 48, 16)
        x = layers.AveragePooling2D(2, padding="same", name="pool_1")(x)  # (B, 24, 24, 16)
        x = layers.Conv2D(32, 2, padding="same", activation="relu", name="conv_2")(x)  # (B, 24, 24, 32)
        x = layers.MaxPooling2D(2, name="pool_2")(x)  # (B, 12, 12, 32)
        x = layers.Conv2D(8, 2, padding="same", activation="relu", name="conv_3")(x)  # (B, 12, 12, 8)
        x = layers.MaxPooling2D(2, name="pool_3")(x)  # (B, 6, 6, 8)
        x = layers.Dropout(self.dropout, name="dropout")(x)
        x = layers.Flatten(name="flatten")(x)  # (B, 288)
        return layers.Dense(100, activation="relu", name="dense_1")(x)  # (B, 100)
