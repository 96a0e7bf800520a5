"""Which images a model was judged on and neither learned from nor chosen by, as a file that goes with the model.

A later model may be compared with it on these images only: after a change of the data or of the split, today's test
faces may be faces that the older one has learned from.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from mien.durable import write_text

HELD_OUT = "held_out.txt"
DIGITS = 16
"""Of the SHA-256 of an image's pixels as read: 64 bits, enough for any number of faces."""


def image_ids(table: pd.DataFrame) -> pd.Series:
    """Name of each row's image, the same for identical images; `table` has the column `sha256`."""
    ids: pd.Series = table["sha256"].str[:DIGITS]
    return ids


def write_held_out(path: Path, table: pd.DataFrame) -> None:
    """Write the images of the test rows that have no twin, not even a near one, on another side.

    One a line, each once and in order.

    Args:
        path: of the file.
        table: build/split/faces.parquet, all sides; `split`, `sha256` and `group` are used.
    """
    is_test = table["split"] == "test"
    others = table[~is_test]
    apart = table[is_test & ~table["group"].isin(others["group"]) & ~table["sha256"].isin(others["sha256"])]
    write_text(path, "".join(f"{name}\n" for name in sorted(set(image_ids(apart)))))


def read_held_out(lines: Iterable[str]) -> frozenset[str]:
    """What `write_held_out` wrote."""
    return frozenset(line.strip() for line in lines if line.strip())
