"""Write the faces of a reader as they come: images.npy grows on disk, memory holds a few batches and the table."""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mien.datasets.batch import Batch, Refusal, Row
from mien.datasets.table import COLUMNS, IMAGES, REFUSED, REFUSED_COLUMNS
from mien.errors import DataError
from mien.progress import meter

MAX_REFUSED = 100_000
"""Refused rows after which a source is no set of faces, and reading ends."""

EXAMPLES = 5
"""Refused rows that an error names."""

TYPES = {
    **dict.fromkeys(COLUMNS, "str"),
    **dict.fromkeys(("face", "line", "width", "height"), "int32"),
    "code": "int16",
}
REFUSED_TYPES = {**dict.fromkeys(REFUSED_COLUMNS, "str"), "line": "int32"}


@dataclass
class Written:
    """What came of a source: `len(rows) + len(refusals) == read`; `faults` make the whole source unfit for use."""

    rows: list[Row] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    colour: int = 0

    @property
    def read(self) -> int:
        """Rows of the source, good and bad."""
        return len(self.rows) + len(self.refusals)

    def counts(self) -> dict[str, Any]:
        """`read`, `accepted`, `refused`, and the refused rows by reason."""
        reasons = Counter(str(refusal.reason) for refusal in self.refusals)
        accepted, refused = len(self.rows), len(self.refusals)
        return {"read": self.read, "accepted": accepted, "refused": refused, "reasons": dict(sorted(reasons.items()))}

    def problem(self, max_refused_share: float) -> str:
        """What makes the whole unfit for use, for a person: counts by reason and the first rows; "" when it is fit."""
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.counts()["reasons"].items())
        problems = list(self.faults)
        if not self.rows:
            problems.append("no face could be read" if self.read else "no face could be read: the source has no row")
        share = len(self.refusals) / max(self.read, 1)
        if share > max_refused_share:
            problems.append(
                f"{len(self.refusals):,} of {self.read:,} rows refused ({share:.2%}; ingest.max_refused_share allows "
                f"{max_refused_share:.2%}): {reasons}"
            )
        if not problems:
            return ""
        first = [f"\n  - {refusal.where}: {refusal.reason}, {refusal.detail}" for refusal in self.refusals[:EXAMPLES]]
        where = f". All of them are in {REFUSED}" if first else ""
        return "; ".join(problems) + where + "".join(first)

    def table(self) -> pd.DataFrame:
        """The table of faces (`mien.datasets.table`).

        Raises:
            DataError: two rows of the same `sample_id`, or rows that are not sorted by it.
        """
        table = pd.DataFrame(self.rows, columns=list(Row._fields))
        table.insert(0, "face", np.arange(len(table)))
        names = table["sample_id"]
        if not (names.is_unique and names.is_monotonic_increasing):
            raise DataError(
                "the rows of a reader must be sorted by sample_id and unique; this is a fault of the reader"
            )
        return table.astype(TYPES)

    def refused(self) -> pd.DataFrame:
        """The table of refused rows."""
        return pd.DataFrame(self.refusals, columns=list(REFUSED_COLUMNS)).astype(REFUSED_TYPES)


def write_images(folder: Path, batches: Iterable[Batch], size: int, total: int | None = None) -> Written:
    """Write `folder`/images.npy, (N, size, size) uint8, from the batches of a reader and collect their rows.

    Args:
        folder: exists.
        batches: in the order of `sample_id`.
        size: height and width in pixels of every face.
        total: rows to come, for the progress that is shown; None when unknown.
    """
    written = Written()
    with growing_array(folder / IMAGES, (size, size)) as append, meter("ingest", total) as progress:
        for batch in batches:
            append(batch.images)
            written.rows += batch.rows
            written.refusals += batch.refusals
            written.colour += batch.colour
            written.faults += [batch.fault] if batch.fault else []
            progress.advance(len(batch.rows) + len(batch.refusals))
            if len(written.refusals) > MAX_REFUSED:
                written.faults.append(f"reading ended after {MAX_REFUSED:,} refused rows")
                break
    return written


@contextmanager
def growing_array(path: Path, shape: tuple[int, ...]) -> Iterator[Callable[[np.ndarray], None]]:
    """Write a uint8 .npy file of (N, *shape) piece by piece without knowing N; it appears under `path` when complete.

    Yields:
        A function that appends (n, *shape) uint8.
    """
    partial = path.with_name(path.name + ".partial")
    count = 0
    try:
        with partial.open("wb") as stream:
            stream.write(_header(0, shape))

            def append(images: np.ndarray) -> None:
                nonlocal count
                if images.dtype != np.uint8 or images.shape[1:] != shape:
                    raise ValueError(f"images must be uint8 (n, {shape}). Received: {images.dtype} {images.shape}")
                stream.write(np.ascontiguousarray(images).data)
                count += len(images)

            yield append
            stream.seek(0)
            stream.write(_header(count, shape))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _header(count: int, shape: tuple[int, ...]) -> bytes:
    """Header of the .npy format; NumPy keeps its length for any `count`, so that it can be written again."""
    stream = io.BytesIO()
    content = {"descr": "|u1", "fortran_order": False, "shape": (count, *shape)}
    np.lib.format.write_array_header_1_0(stream, content)
    return stream.getvalue()
