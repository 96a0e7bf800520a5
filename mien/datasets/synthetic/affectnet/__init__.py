"""A drawn AffectNet in each of the formats that it is met in, labels, boxes and landmarks true."""

from collections.abc import Callable, Mapping
from pathlib import Path

from mien.datasets.synthetic.affectnet.copies import write_folders, write_labels_csv, write_yolo
from mien.datasets.synthetic.affectnet.crops import write_npy, write_plus
from mien.datasets.synthetic.affectnet.original import write_automatic, write_original

Write = Callable[[Path, int, int], None]
"""Draw into a folder so many faces with a seed."""

FORMATS: Mapping[str, Write] = {
    "affectnet": write_original,
    "affectnet_automatic": write_automatic,
    "affectnet_npy": write_npy,
    "affectnet_plus": write_plus,
    "labels_csv": write_labels_csv,
    "folder": write_folders,
    "yolo": write_yolo,
}
"""By name; where a reader has one of its own, as in `ingest.source`."""

__all__ = ["FORMATS", "Write"]
