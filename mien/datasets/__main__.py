"""Which format is this? Looks at a data set where it lies and says what it is, why, and what a person should know.

    python -m mien.datasets /mnt/affectnet

Nothing is copied or decoded; a million files take seconds.
"""

import argparse
import sys
from pathlib import Path

from mien.datasets.detect import READERS, detect
from mien.datasets.sources import open_reader
from mien.errors import DataError
from mien.params import IngestParams


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and answer; 1 where there is nothing that can be read, or no telling between two."""
    parser = argparse.ArgumentParser(
        prog="python -m mien.datasets", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    sources = ["auto", *dict.fromkeys(READERS.values())]
    parser.add_argument("--source", choices=sources, default="auto", help="as ingest.source; default: %(default)s")
    given = parser.parse_args(arguments)
    try:
        print("\n".join(answer(given.folder, given.source)))
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def answer(folder: Path, source: str = "auto") -> list[str]:
    """Lines about the data set below `folder`.

    Raises:
        DataError: nothing, or more than one thing, that can be read, or a label space is needed.
    """
    found = detect(folder, source)
    reader = open_reader(found, IngestParams(source=found.chosen.reader, unlabeled=True))
    rows = "" if reader.total is None else f"about {reader.total:,} rows; "
    lines = [str(found.chosen), f"{rows}ingest.source: {found.chosen.reader} reads it, and so does auto"]
    return (
        lines + [f"remark: {remark}" for remark in reader.remarks()] + [f"not read: {other}" for other in found.others]
    )


if __name__ == "__main__":
    sys.exit(main())
