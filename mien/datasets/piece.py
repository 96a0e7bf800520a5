"""What became of one shard, in memory and as a file that another process, or a killed one, has written.

The file is two streams of Arrow, one behind the other: the faces with their pixels, and the refused rows.
"""

import json
import math
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mien.datasets.batch import Batch, Refusal, Row
from mien.datasets.fingerprint import figures
from mien.datasets.table import POINTS, REFUSED_TYPES, TYPES

FACES_SCHEMA = pa.schema(list(TYPES.items()))
ROWS_SCHEMA = FACES_SCHEMA.remove(FACES_SCHEMA.get_field_index("face"))
REFUSED_SCHEMA = pa.schema(list(REFUSED_TYPES.items()))
KEY = b"facts"


@dataclass(frozen=True)
class Facts:
    """What is known of a shard: `fault`, `colour` and `file_bytes` of its batch; `rows`, the good and the bad.

    `face_shape` is that of one face.
    """

    rows: int
    face_shape: tuple[int, ...]
    fault: str
    colour: int
    file_bytes: dict[str, int]


@dataclass(frozen=True)
class Piece:
    """The rows of one shard.

    `rows` are the columns of faces.parquet but for `face`, `refused` those of refused.parquet; `images` and `landmarks`
    are as in `Batch`, `figures` int64 (n, 3) as `mien.datasets.fingerprint.figures` gives them.
    """

    rows: pa.Table
    refused: pa.Table
    images: np.ndarray
    landmarks: np.ndarray | None
    figures: np.ndarray
    facts: Facts

    @classmethod
    def of(cls, batch: Batch) -> "Piece":
        """A batch, column by column."""
        count = len(batch.rows) + len(batch.refusals)
        facts = Facts(count, batch.images.shape[1:], batch.fault, batch.colour, dict(batch.file_bytes))
        rows, refused = (
            _table(batch.rows, Row._fields, ROWS_SCHEMA),
            _table(batch.refusals, Refusal._fields, REFUSED_SCHEMA),
        )
        return cls(rows, refused, batch.images, batch.landmarks, figures(batch.images), facts)

    def save(self, path: Path) -> None:
        """Write to `path`, all or nothing, whoever else writes the same at the same time.

        Nothing waits for the disk: a file that a dying machine has cut short is seen by `load`.
        """
        faces = self.rows.append_column("image", _cells(self.images)).append_column("figures", _cells(self.figures))
        if self.landmarks is not None:
            faces = faces.append_column("landmarks", _cells(self.landmarks))
        faces = faces.replace_schema_metadata({KEY: json.dumps(asdict(self.facts))})
        unfinished = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
        with pa.OSFile(str(unfinished), "wb") as stream:
            for table in (faces, self.refused):
                with pa.ipc.new_stream(stream, table.schema) as writer:
                    writer.write_table(table)
        unfinished.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Piece":
        """Read what `save` has written.

        Raises:
            OSError: the file is missing, or was damaged.
        """
        with pa.memory_map(str(path)) as stream:
            faces, refused = (pa.ipc.open_stream(stream).read_all() for _ in range(2))
        facts = Facts(**json.loads(faces.schema.metadata[KEY]))
        if len(faces) + len(refused) != facts.rows:
            raise OSError(f"{path}: cut short")
        with_landmarks = "landmarks" in faces.column_names
        return cls(
            faces.select(ROWS_SCHEMA.names).replace_schema_metadata(),
            refused,
            _array(faces["image"], np.uint8, tuple(facts.face_shape)),
            _array(faces["landmarks"], np.float32, (POINTS, 2)) if with_landmarks else None,
            _array(faces["figures"], np.int64, (3,)),
            facts,
        )


def _table(rows: Sequence[tuple[Any, ...]], names: tuple[str, ...], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [[] for _ in names]
    return pa.table(dict(zip(names, columns, strict=True)), schema=schema)


def _cells(array: np.ndarray) -> pa.Array:
    """Each item along the first axis as one cell of bytes; nothing is copied."""
    width = math.prod(array.shape[1:]) * array.itemsize
    return pa.Array.from_buffers(pa.binary(width), len(array), [None, pa.py_buffer(np.ascontiguousarray(array))])


def _array(column: pa.ChunkedArray, dtype: type[np.generic], shape: tuple[int, ...]) -> np.ndarray:
    """What `_cells` was made from."""
    cells = column.combine_chunks()
    buffer = cells.buffers()[1] if len(cells) else b""
    return np.frombuffer(buffer, dtype, len(cells) * math.prod(shape)).reshape(-1, *shape)
