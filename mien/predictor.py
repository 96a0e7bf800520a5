"""From faces to probabilities: the only way in which anybody uses a trained model.

predictor = Predictor.load(Path("build/train/model.keras"))
probabilities = predictor.predict(faces)  # uint8 (N, H, W) -> float32 (N, classes)
affect = predictor.answer(faces).affect  # float32 (N, 2): valence, arousal; None where the model tells none
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mien.errors import DataError
from mien.model_file import ModelFacts, read_facts

if TYPE_CHECKING:
    import keras

BATCH_SIZE = 256

BATCH_PIXELS = 256 * 96 * 96
"""Most places of the faces in a batch: what layers compute of more would not fit into the memory of a small machine."""


@dataclass(frozen=True)
class Answers:
    """What a model says of N faces.

    `probabilities` are float32 (N, classes); `affect` float32 (N, 2) is valence and arousal, each -1 to 1, None where
    the model has not learnt them.
    """

    probabilities: np.ndarray
    affect: np.ndarray | None


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

    def predict(self, images: np.ndarray, batch_size: int = BATCH_SIZE, rows: np.ndarray | None = None) -> np.ndarray:
        """Probabilities of the classes: those of `answer`, which says what it takes.

        Returns:
            Float32 (N, classes), or (M, classes).
        """
        return self.answer(images, batch_size, rows).probabilities

    def answer(self, images: np.ndarray, batch_size: int = BATCH_SIZE, rows: np.ndarray | None = None) -> Answers:
        """All that the model says.

        Args:
            images: uint8 (N, H, W) for a gray model, or (N, H, W, C); also a memory map.
            batch_size: faces at a time; fewer of large ones, so that they have at most BATCH_PIXELS.
            rows: positions of the faces to look at, int (M,), so that no more of a memory map than a batch is read at
                a time; None: all.

        Raises:
            DataError: images of another dtype or shape.
        """
        self._check(images)
        count = len(images) if rows is None else len(rows)
        answers = self._unanswered(count)
        step = max(1, min(batch_size, BATCH_PIXELS // math.prod(self.facts.shape[:2])))
        for start in range(0, count, step):
            chosen = slice(start, start + step)
            batch = np.asarray(images[chosen] if rows is None else images[rows[chosen]])
            said = self.model.predict_on_batch(batch.reshape(len(batch), *self.facts.shape))  # of (B, H, W, C)
            answers.probabilities[chosen] = said if answers.affect is None else said["probabilities"]
            if answers.affect is not None:
                answers.affect[chosen] = said["affect"]
        return answers

    def _unanswered(self, count: int) -> Answers:
        affect = np.empty((count, len(self.facts.affect)), np.float32) if self.facts.affect else None
        return Answers(np.empty((count, len(self.classes)), np.float32), affect)

    def _check(self, images: np.ndarray) -> None:
        height, width, channels = self.facts.shape
        allowed = [(height, width, channels)] + [(height, width)] * (channels == 1)
        if images.dtype != np.uint8 or images.shape[1:] not in allowed:
            wanted = " or ".join(f"(N, {', '.join(map(str, shape))})" for shape in allowed)
            raise DataError(f"faces must be uint8 {wanted}. Received: {images.dtype} {images.shape}.")
