"""`python -m mien.comparison README.md`: the last comparison into a README, and its files into docs/ beside it."""

import argparse
import sys
from pathlib import Path

from mien.comparison.readme import FOLDER, failed, publish
from mien.errors import MienError


def main() -> None:
    """The command; exit code 1 and a message where it cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m mien.comparison",
        description=f"Put the table and the chart of {FOLDER.as_posix()}/ into a README, between its markers.",
    )
    parser.add_argument("readme", type=Path, help="a Markdown file with the two markers, e.g. README.md")
    try:
        written = publish(parser.parse_args().readme)
    except MienError as error:
        sys.exit(f"{error}")
    print("\n".join(f"written: {path}" for path in written))
    print("".join(f"failed, and shown so: {name}\n" for name in failed(FOLDER)), end="")


if __name__ == "__main__":
    main()
