"""Write the embedded data set: `python -m mien.datasets.synthetic data/faces.csv.gz`."""

import argparse
from pathlib import Path

from mien.datasets.synthetic import ROWS, SEED, generate, write_csv


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, draw and write."""
    parser = argparse.ArgumentParser(prog="python -m mien.datasets.synthetic", description=__doc__)
    parser.add_argument("path", type=Path, help="file to write; .csv.gz is compressed")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(arguments)
    data = generate(given.rows, given.seed)
    write_csv(given.path, data)
    print(f"{given.path}: {len(data):,} faces, {given.path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
