"""Write a drawn data set as Kaggle's fer2013.csv: `emotion,pixels,Usage`, one line per face."""

import gzip
from pathlib import Path

import numpy as np

from mien.datasets.synthetic.generator import Synthetic

HEADER = "emotion,pixels,Usage\n"

_DECIMAL = np.array([str(value) for value in range(256)], dtype=object)


def csv_bytes(data: Synthetic) -> bytes:
    """The file's text: ASCII, lines end with a line feed."""
    lines = [HEADER]
    for image, label, usage in zip(data.images, data.labels, data.usages, strict=True):
        lines.append(f"{label},{' '.join(_DECIMAL[image.ravel()])},{usage}\n")
    return "".join(lines).encode("ascii")


def write_csv(path: Path | str, data: Synthetic) -> None:
    """Write the CSV, compressed when `path` ends with .gz: the same data give the same file, for it holds no date."""
    path = Path(path)
    content = csv_bytes(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, compresslevel=9, mtime=0) if path.suffix == ".gz" else content)
