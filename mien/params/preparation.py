"""What becomes of a picture before a network sees it: settings of ingest that go with the model."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from mien.errors import DataError

FILE = "preparation.json"
"""Beside images.npy: how its faces were made."""

Color = Literal["gray", "rgb"]


@dataclass(frozen=True)
class Preparation:
    """How a picture becomes a face (`mien.images.prepare`); the same for training, judging and serving.

    Faces are `image_size` pixels high and wide, of one gray channel or three. A box grows by `crop_margin` of its width
    and height on each side. With `align` a face whose landmarks are known is turned so that its eyes are level.
    """

    image_size: int = 48
    color: Color = "gray"
    crop_margin: float = 0.0
    align: bool = False

    @property
    def face_shape(self) -> tuple[int, ...]:
        """Of one face in images.npy: (size, size), or (size, size, 3) RGB."""
        side = (self.image_size, self.image_size)
        return side if self.color == "gray" else (*side, 3)

    def __str__(self) -> str:
        """For people: "48 x 48 pixels, gray"."""
        colour = "gray" if self.color == "gray" else "in colour"
        margin = f", boxes with {self.crop_margin:.0%} around" if self.crop_margin else ""
        return f"{self.image_size} x {self.image_size} pixels, {colour}{margin}{', eyes level' * self.align}"

    def write(self, folder: Path) -> None:
        """Write `folder`/preparation.json."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Preparation":
        """Read `folder`/preparation.json.

        Raises:
            DataError: it is missing.
        """
        try:
            return cls(**json.loads((folder / FILE).read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise DataError(
                f"{folder / FILE} is missing: the stage before has not run. `uv run dvc repro` runs all in order."
            ) from error
