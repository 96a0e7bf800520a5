"""Files of unknown length that are written piece by piece, and appear under their name when they are complete."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 1 << 16
"""Rows of a table that are kept until they are written together."""


class GrowingArray:
    """A .npy file of (N, *shape) whose N grows; made by `growing_array`."""

    def __init__(self, stream: BinaryIO, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
        self._stream, self._shape, self._dtype = stream, shape, np.dtype(dtype)
        self.count = 0
        self._write_header()

    def append(self, items: np.ndarray) -> None:
        """(n, *shape) more, of the array's type."""
        if items.dtype != self._dtype or items.shape[1:] != self._shape:
            raise ValueError(f"items must be {self._dtype} (n, {self._shape}). Received: {items.dtype} {items.shape}")
        self._stream.write(np.ascontiguousarray(items).data)
        self.count += len(items)

    def finish(self) -> None:
        """Say in the header how many they became."""
        self._stream.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        """NumPy keeps the header's length for any `count`, so that it can be written again."""
        descr = np.lib.format.dtype_to_descr(self._dtype)
        content = {"descr": descr, "fortran_order": False, "shape": (self.count, *self._shape)}
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, content)
        self._stream.write(header.getvalue())


@contextmanager
def growing_array(path: Path, shape: tuple[int, ...], dtype: type[np.generic] = np.uint8) -> Iterator[GrowingArray]:
    """Write a .npy file of (N, *shape) piece by piece without knowing N."""
    with _partial(path) as partial, partial.open("wb") as stream:
        array = GrowingArray(stream, shape, dtype)
        yield array
        array.finish()


@contextmanager
def growing_table(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """Write a Parquet file in groups of at least `ROW_GROUP` rows.

    Yields:
        A function that appends a table of that schema.
    """
    waiting: list[pa.Table] = []
    with _partial(path) as partial, pq.ParquetWriter(partial, schema) as writer:

        def append(table: pa.Table) -> None:
            waiting.append(table)
            if sum(map(len, waiting)) >= ROW_GROUP:
                flush()

        def flush() -> None:
            writer.write_table(pa.concat_tables(waiting))
            waiting.clear()

        yield append
        if waiting:
            flush()


@contextmanager
def _partial(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes `path` if all goes well."""
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
