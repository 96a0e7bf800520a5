"""What becomes of a picture before a network sees it: settings of ingest that go with the model."""

from dataclasses import dataclass
from typing import Literal

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
