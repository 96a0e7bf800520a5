"""Write a drawn data set.

python -m mien.datasets.synthetic data/faces.csv.gz
python -m mien.datasets.synthetic data/affectnet --format affectnet --rows 600
"""

import argparse
from pathlib import Path

from mien.datasets.synthetic import ROWS, SEED, generate, write_csv
from mien.datasets.synthetic.affectnet import FORMATS

FER2013 = "fer2013"


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, draw and write."""
    parser = argparse.ArgumentParser(
        prog="python -m mien.datasets.synthetic", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "path", type=Path, help="file to write, .csv.gz is compressed; for AffectNet a folder that is not there yet"
    )
    parser.add_argument("--format", choices=(FER2013, *FORMATS), default=FER2013, help="default: %(default)s")
    parser.add_argument("--rows", type=int, default=ROWS, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=SEED, help="default: %(default)s")
    given = parser.parse_args(arguments)
    if given.format == FER2013:
        _write_fer2013(given.path, given.rows, given.seed)
    elif given.path.exists():
        parser.error(f"{given.path} exists; give the path of a new folder")
    else:
        FORMATS[given.format](given.path, given.rows, given.seed)
        print(f"{given.path}: {given.rows:,} faces in the format {given.format}")


def _write_fer2013(path: Path, rows: int, seed: int) -> None:
    data = generate(rows, seed)
    write_csv(path, data)
    print(f"{path}: {len(data):,} faces, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
