"""From faces to probabilities: the only way in which anybody uses a trained model.

predictor = Predictor.load(Path("build/train/model.keras"))
probabilities = predictor.predict(faces)  # uint8 (N, H, W) -> float32 (N, classes)
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mien.errors import DataError
from mien.model_file import ModelFacts, read_facts

if TYPE_CHECKING:
    import keras

BATCH_SIZE = 256


class Predictor:
    """A model and its class names."""

    def __init__(self, model: "keras.Model", facts: ModelFacts) -> None:
        self.model, self.facts = model, facts

    @classmethod
    def load(cls, path: Path | str) -> "Predictor":
        """Load a model that the stage `train` has written.

        Raises:
            DataError: no such file, or not such a model.
        """
        facts = read_facts(Path(path))
        import keras

        return cls(keras.models.load_model(path, compile=False), facts)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the columns of `predict`."""
        return self.facts.classes

    def predict(self, images: np.ndarray, batch_size: int = BATCH_SIZE) -> np.ndarray:
        """Probabilities of the classes.

        Args:
            images: uint8 (N, H, W) for a gray model, or (N, H, W, C); also a memory map.
            batch_size: faces in memory at a time.

        Returns:
            Float32 (N, classes).

        Raises:
            DataError: images of another dtype or shape.
        """
        self._check(images)
        probabilities = np.empty((len(images), len(self.classes)), np.float32)
        for start in range(0, len(images), batch_size):
            batch = np.asarray(images[start : start + batch_size])
            faces = batch.reshape(len(batch), *self.facts.shape)  # (B, H, W, C)
            probabilities[start : start + batch_size] = self.model.predict_on_batch(faces)
        return probabilities

    def _check(self, images: np.ndarray) -> None:
        height, width, channels = self.facts.shape
        allowed = [(height, width, channels)] + [(height, width)] * (channels == 1)
        if images.dtype != np.uint8 or images.shape[1:] not in allowed:
            wanted = " or ".join(f"(N, {', '.join(map(str, shape))})" for shape in allowed)
            raise DataError(f"faces must be uint8 {wanted}. Received: {images.dtype} {images.shape}.")
