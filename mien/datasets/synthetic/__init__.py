"""Drawn faces in the layout of FER2013, for a project that has no photographs to ship.

`generate()` draws people with expressions made of facial action units and plants the faults that real FER2013 holds;
`write_csv(path, data)` writes Kaggle's file. From the command line:

    python -m mien.datasets.synthetic data/faces.csv.gz
    python -m mien.datasets.synthetic data/affectnet --format affectnet --rows 600

The second draws AffectNet in one of its formats (`mien.datasets.synthetic.affectnet`).
"""

from mien.datasets.synthetic.faults import FEWEST_ROWS, Fault
from mien.datasets.synthetic.generator import ROWS, SEED, Synthetic, generate
from mien.datasets.synthetic.kaggle_file import csv_bytes, write_csv

__all__ = ["FEWEST_ROWS", "ROWS", "SEED", "Fault", "Synthetic", "csv_bytes", "generate", "write_csv"]
