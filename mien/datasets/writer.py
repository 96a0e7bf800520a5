"""Join finished shards: the outputs grow on disk, memory holds one shard and a few rows of the tables."""

from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mien.datasets.batch import Refusal
from mien.datasets.growing import GrowingArray, growing_array, growing_table
from mien.datasets.piece import FACES_SCHEMA, REFUSED_SCHEMA, Piece
from mien.datasets.reader import SHARD_ROWS
from mien.datasets.table import FACES, IMAGES, LANDMARKS, POINTS, REFUSED
from mien.errors import DataError
from mien.reasons import Reason

MAX_REFUSED = 100_000
"""Refused rows after which a source is no set of faces, and reading ends."""

EXAMPLES = 5
"""Refused rows that an error names."""


@dataclass
class Written:
    """What came of a source: `accepted + refused == read`; `faults` make the whole source unfit for use.

    `figures` int64 (accepted, 3) are those of `mien.datasets.fingerprint.figures`.
    """

    accepted: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[Refusal] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    colour: int = 0
    file_bytes: Counter[str] = field(default_factory=Counter)
    figures: np.ndarray = field(default_factory=lambda: np.empty((0, 3), np.int64))

    @property
    def refused(self) -> int:
        """Refused rows."""
        return self.reasons.total()

    @property
    def read(self) -> int:
        """Rows of the source, good and bad."""
        return self.accepted + self.refused

    def counts(self) -> dict[str, Any]:
        """`read`, `accepted`, `refused`, and the refused rows by reason."""
        reasons = dict(sorted(self.reasons.items()))
        return {"read": self.read, "accepted": self.accepted, "refused": self.refused, "reasons": reasons}

    def problem(self, max_refused_share: float) -> str:
        """What makes the whole unfit for use, for a person: counts by reason and the first rows; "" when it is fit."""
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(self.reasons.items()))
        problems = list(self.faults)
        if not self.accepted:
            problems.append("no face could be read" if self.read else "no face could be read: the source has no row")
        share = self.refused / max(self.read, 1)
        if share > max_refused_share:
            problems.append(
                f"{self.refused:,} of {self.read:,} rows refused ({share:.2%}; ingest.max_refused_share allows "
                f"{max_refused_share:.2%}): {reasons}"
            )
        if not problems:
            return ""
        first = [f"\n  - {refusal.where}: {refusal.reason}, {refusal.detail}" for refusal in self.examples]
        where = f". All of them are in {REFUSED}" if first else ""
        return "; ".join(problems) + where + "".join(first)

    def count(self, piece: Piece) -> None:
        """One more shard."""
        self.accepted += len(piece.images)
        self.reasons.update(piece.refused["reason"].to_pylist())
        for row in piece.refused.slice(0, EXAMPLES - len(self.examples)).to_pylist():
            self.examples.append(Refusal(**row | {"reason": Reason(row["reason"])}))
        self.colour += piece.facts.colour
        self.file_bytes.update(piece.facts.file_bytes)
        self.faults += [piece.facts.fault] if piece.facts.fault else []


def write(folder: Path, pieces: Iterable[Piece], face_shape: tuple[int, ...]) -> Written:
    """Join pieces into `folder`/{images.npy, landmarks.npy, faces.parquet, refused.parquet} (`mien.datasets.table`).

    Args:
        folder: exists.
        pieces: in the order of `sample_id`.
        face_shape: of one face in images.npy.

    Raises:
        DataError: rows that are not sorted by `sample_id`, or two of the same.
    """
    written, last = Written(), ""
    figures = [written.figures]
    with ExitStack() as files:
        images = files.enter_context(growing_array(folder / IMAGES, face_shape, np.uint8))
        landmarks = files.enter_context(growing_array(folder / LANDMARKS, (POINTS, 2), np.float32))
        append_faces = files.enter_context(growing_table(folder / FACES, FACES_SCHEMA))
        append_refused = files.enter_context(growing_table(folder / REFUSED, REFUSED_SCHEMA))
        for piece in pieces:
            last = _check_order(last, piece.rows["sample_id"])
            append_faces(_numbered(piece.rows, written.accepted))
            append_refused(piece.refused)
            images.append(piece.images)
            _append_landmarks(landmarks, piece, written.accepted)
            figures.append(piece.figures)
            written.count(piece)
            if written.refused > MAX_REFUSED:
                written.faults.append(f"reading ended after {MAX_REFUSED:,} refused rows")
                break
    written.figures = np.concatenate(figures)
    return written


def _numbered(rows: pa.Table, first: int) -> pa.Table:
    faces = np.arange(first, first + len(rows), dtype=np.int32)
    return rows.add_column(0, FACES_SCHEMA.field("face"), pa.array(faces))


def _check_order(last: str, names: pa.ChunkedArray) -> str:
    """The last of `names`, which rise from row to row and from `last`, the one before them."""
    rising = pa.chunked_array([[last], *names.chunks], pa.string()).combine_chunks()
    if not pc.all(pc.less(rising[:-1], rising[1:]), min_count=0).as_py():
        raise DataError("the rows of a reader must be sorted by sample_id and unique; this is a fault of the reader")
    return str(rising[-1].as_py())


def _append_landmarks(landmarks: GrowingArray, piece: Piece, before: int) -> None:
    """Nothing as long as no face has landmarks; then NaN for the faces without any, those `before` included."""
    count = len(piece.images)
    if piece.landmarks is None and not landmarks.count:
        return
    while landmarks.count < before:
        landmarks.append(_unknown(min(before - landmarks.count, SHARD_ROWS)))
    landmarks.append(_unknown(count) if piece.landmarks is None else piece.landmarks)


def _unknown(count: int) -> np.ndarray:
    return np.full((count, POINTS, 2), np.nan, np.float32)
