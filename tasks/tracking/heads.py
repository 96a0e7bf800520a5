"""Goes into the folder of a logged model with two heads, and has `mlflow.pyfunc` give what both say, by name.

MLflow's own loader of Keras models takes their answer for one array.
"""

from typing import Any

NAME = "mien_heads"
"""Of this module in the model's folder."""


class Heads:
    """A model of Keras as `mlflow.pyfunc` wants it."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - keras has no types
        self._model = model

    def predict(self, faces: Any) -> dict[str, Any]:  # noqa: ANN401
        """Uint8 (N, H, W, C) to `probabilities`, float32 (N, classes), and `affect`, float32 (N, 2)."""
        said: dict[str, Any] = self._model.predict(faces, verbose=0)
        return said

    def get_raw_model(self) -> Any:  # noqa: ANN401
        """The model of Keras itself."""
        return self._model


def _load_pyfunc(path: str) -> Heads:
    import mlflow.keras

    return Heads(mlflow.keras._load_pyfunc(path).get_raw_model())
