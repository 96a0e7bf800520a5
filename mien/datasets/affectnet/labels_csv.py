"""Reader of `labels.csv` beside class folders: columns `pth`, a picture below the file's folder, and `label`, a name.

File and folder disagree for some pictures; the file is the later word of those who made it, and is what is read.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mien.datasets import compressed
from mien.datasets.affectnet.labelled import Labelled, take
from mien.datasets.batch import Batch, Refusal, excerpt
from mien.datasets.fer2013 import column_names
from mien.datasets.lines import MAX_LINE, Block, blocks, cells
from mien.datasets.making import Making
from mien.datasets.opening import Root, check
from mien.datasets.reader import Shard, shard_rows
from mien.images import ImageError
from mien.labels import AFFECTNET, NAMES
from mien.params.preparation import Preparation
from mien.reasons import Reason

PICTURE, LABEL = "pth", "label"
CODES = {label: code for code, label in AFFECTNET.codes.items()}


def is_header(names: tuple[str, ...]) -> bool:
    """Whether lower-case column names are those of such a file."""
    return {PICTURE, LABEL} <= set(names)


@dataclass(frozen=True)
class LabelsReader:
    """Reads what one file lists; `sample_id` is its name and the 0-based row. There is no split: all is Training."""

    root: Path = field(repr=False)
    source: str
    names: tuple[str, ...]
    settings: Preparation
    total: int | None = field(default=None, repr=False)

    @property
    def sources(self) -> tuple[str, ...]:
        """The file."""
        return (self.source,)

    def remarks(self) -> list[str]:
        """What the file does not tell, and where the folders of its pictures say something else."""
        remarks = [
            f"{self.source}: no official split, every row is Training; set split.by: stratified to draw a test set"
        ]
        differ = sum(self._differs(line) for shard in self.shards() for line in shard.work[2])
        more = f"{self.source}: {differ:,} labels are not the name of the picture's folder; the file's were read"
        return [*remarks, more] if differ else remarks

    def _differs(self, line: bytes) -> bool:
        """Whether the picture lies in the folder of another class."""
        try:
            picture, code = self._parsed(line)
            return code_of(picture.split("/")[-2]) != code
        except (ImageError, IndexError):
            return False  # refused, or in no class folder

    def shards(self) -> Iterator[Shard]:
        """Lines with their numbers, and the 0-based row of the first; the header is in none.

        Raises:
            DataError: an archive that is damaged.
        """
        row, head = 0, 1
        with compressed.plain(self.root / self.source) as stream:
            for block in blocks(stream, shard_rows(self.settings)):
                rest = Block(block.numbers[head:], block.lines[head:])
                head = 0
                if rest.lines:
                    yield self._shard(row, rest)
                row += len(rest.lines)

    def _shard(self, row: int, block: Block) -> Shard:
        name = f"{self.source}:{block.numbers[0]}-{block.numbers[-1]}"
        return Shard(name, len(block.lines), (row, tuple(block.numbers), tuple(block.lines)))

    def pictures(self, shard: Shard) -> Sequence[str]:
        """Pictures that the lines list."""
        found = []
        for line in shard.work[2]:
            try:
                found.append(self._parsed(line)[0])
            except ImageError:
                continue  # `read` refuses the row
        return found

    def read(self, shard: Shard) -> Batch:
        """Parse the lines and open the pictures."""
        first, numbers, lines = shard.work
        root, made = Root(self.root), Making(self.settings, shard.rows)
        for row, (number, line) in enumerate(zip(numbers, lines, strict=True), first):
            try:
                picture, code = self._parsed(line)
                take(made, root, self.settings, Labelled(f"{self.source}/{row:08d}", picture, "Training", code))
            except ImageError as error:
                made.refuse(Refusal(self.source, number, error.reason, str(error), excerpt(line)))
        return made.batch()

    def _parsed(self, line: bytes) -> tuple[str, int]:
        """Name of the picture below the root, and code."""
        if len(line) > MAX_LINE:
            raise ImageError(Reason.BAD_ROW, f"line longer than {MAX_LINE:,} bytes")
        try:
            fields = [cell.decode("utf-8") for cell in cells(line)]
        except (csv.Error, UnicodeDecodeError) as error:
            raise ImageError(Reason.BAD_ROW, f"no CSV: {error}") from error
        if len(fields) != len(self.names):
            raise ImageError(Reason.BAD_ROW, f"{len(fields)} fields; the header has {len(self.names)}")
        path = fields[self.names.index(PICTURE)]
        check(path)
        above = self.source.rpartition("/")[0]
        return f"{above}/{path}" if above else path, code_of(fields[self.names.index(LABEL)])


def code_of(label: str) -> int:
    """AffectNet's code for the name of an emotion.

    Raises:
        ImageError: there is none of that name.
    """
    name = label.strip().casefold()
    if not name:
        raise ImageError(Reason.UNLABELED, "label is empty")
    if (known := NAMES.get(name, name)) not in CODES:
        raise ImageError(Reason.LABEL_OUT_OF_RANGE, f"label '{excerpt(label.encode())}' is no expression of AffectNet")
    return CODES[known]


def open_labels(root: Path, name: str, settings: Preparation) -> LabelsReader:
    """The reader of a file that `is_header` says is one.

    Raises:
        DataError: an archive that is damaged.
    """
    with compressed.plain(root / name) as stream:
        names = column_names(next(blocks(stream)).lines[0])
    return LabelsReader(root, name, names, settings)
