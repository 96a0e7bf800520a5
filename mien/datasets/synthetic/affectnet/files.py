"""Pictures and numbers as AffectNet's files hold them."""

from pathlib import Path

import cv2
import numpy as np


def write_picture(path: Path, picture: np.ndarray, suffix: str = "") -> None:
    """Write RGB (H, W, 3) in the format of `suffix`, by default the path's own; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, packed = cv2.imencode((suffix or path.suffix).lower(), bgr)
    path.write_bytes(packed.tobytes())


def decimal(value: float) -> str:
    """A valence or arousal as in AffectNet's files: six significant digits, whole numbers without a point."""
    return f"{value:.6g}"
