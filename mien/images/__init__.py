"""From the bytes of a picture to a face of the right size: THE preprocessing of training and serving.

face = prepare(decode(data, gray=True), Preparation(48, "gray"), box, landmarks)
"""

from mien.images.decoding import MAX_BYTES, MAX_PIXELS, decode, quiet
from mien.images.errors import ImageError
from mien.images.faces import LANDMARKS, SMALLEST_BOX, Box, cut, prepare
from mien.images.headers import Header, header
from mien.images.resizing import resize, resize_all, to_gray, to_rgb
from mien.params.preparation import Color, Preparation

__all__ = [
    "LANDMARKS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "SMALLEST_BOX",
    "Box",
    "Color",
    "Header",
    "ImageError",
    "Preparation",
    "cut",
    "decode",
    "header",
    "prepare",
    "quiet",
    "resize",
    "resize_all",
    "to_gray",
    "to_rgb",
]
