"""Reader of the original distribution: CSV files that list pictures larger than faces, with box and landmarks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from mien.datasets import compressed
from mien.datasets.affectnet import lists, record
from mien.datasets.affectnet.labelled import USAGES, Labelled, take
from mien.datasets.affectnet.lists import FIRST, List
from mien.datasets.batch import Batch, Refusal, excerpt
from mien.datasets.making import Making
from mien.datasets.opening import Root
from mien.datasets.reader import Shard, shard_rows
from mien.images import ImageError
from mien.params.preparation import Preparation
from mien.reasons import Reason


@dataclass(frozen=True)
class OriginalReader:
    """Reads what some lists list; `sample_id` is the part and the 0-based row, refused rows counted.

    `source` is the picture of a face, and the list and its line for a refused row. The pixels are those of the face's
    box; of the whole picture where a row has none.
    """

    root: Path = field(repr=False)
    lists: tuple[List, ...]
    settings: Preparation

    @property
    def sources(self) -> tuple[str, ...]:
        """The lists."""
        return tuple(one.name for one in self.lists)

    @property
    def total(self) -> int | None:
        """Lines of lists that are not packed; headers too, which the time that is left may count."""
        counts = [_lines(self.root / name) for name in self.sources]
        return None if None in counts else sum(count or 0 for count in counts)

    def remarks(self) -> list[str]:
        """What somebody who judges a model on these faces should know."""
        parts = {one.part for one in self.lists}
        remarks = {
            "no validation.csv, so no official test set; split.by: stratified draws one": "validation" not in parts,
            "automatic labels are those of a network and not of people": "automatic" in parts,
        }
        return [remark for remark, holds in remarks.items() if holds]

    def shards(self) -> Iterator[Shard]:
        """Lines with their numbers, the 0-based row of the first, and for each where its picture stays instead.

        Behind a last newline, a line without an end comes alone.
        """
        stays = lists.repeats(self.root, self.lists)
        for at, one in enumerate(self.lists):
            for row, block in lists.rows(self.root, one.name, shard_rows(self.settings)):
                numbers, lines = tuple(block.numbers), tuple(block.lines)
                instead = tuple(stays[one.part][row : row + len(lines)].tolist())
                name = f"{one.name}:{numbers[0]}-{numbers[-1]}"
                work = (at, row, numbers, lines, instead, block.cut)
                yield Shard(name, len(lines), work, usage=USAGES[one.part])

    def pictures(self, shard: Shard) -> Sequence[str]:
        """Pictures that the lines list."""
        at, _, _, lines, *_ = shard.work
        paths = (record.path_of(line) for line in lines)
        return [self.lists[at].picture(path) for path in paths if path]

    def read(self, shard: Shard) -> Batch:
        """Parse the lines, open the pictures and cut the faces."""
        at, first, numbers, lines, instead, cut = shard.work
        root, made, of = Root(self.root), Making(self.settings, shard.rows), self.lists[at]
        for row, (number, line, stays) in enumerate(zip(numbers, lines, instead, strict=True), first):
            try:
                take(made, root, self.settings, self._face(of, row, line, stays))
            except ImageError as error:
                made.refuse(Refusal(of.name, number, error.reason, str(error), excerpt(line)))
        return _ended(made.batch()) if cut else made.batch()

    def _face(self, of: List, row: int, line: bytes, stays: int) -> Labelled:
        found = record.parse(line)
        if stays and FIRST[stays - 1] != of.part:
            raise ImageError(Reason.DUPLICATE_ACROSS, f"the same picture is listed in {FIRST[stays - 1]} too")
        if stays:
            raise ImageError(Reason.DUPLICATE_WITHIN, "the same picture is listed further up")
        picture, usage = of.picture(found.path), USAGES[of.part]
        return Labelled(f"{of.part}/{row:08d}", picture, usage, *found[3:], found.box, found.landmarks)


def _ended(batch: Batch) -> Batch:
    """A batch whose last line has no end: where that line is no row, the file was cut off in the middle of it."""
    last = batch.refusals[-1] if batch.refusals else None
    if last is None or last.reason is not Reason.BAD_ROW:
        return batch
    fault = f"{last.where}: truncated, the file ends in the middle of this row ({last.detail}). Download the file again"
    return replace(batch, fault=fault)


def _lines(path: Path) -> int | None:
    with path.open("rb") as raw:
        if raw.read(4).startswith((compressed.GZIP, compressed.ZIP)):
            return None
        raw.seek(0)
        return sum(chunk.count(b"\n") for chunk in iter(partial(raw.read, 1 << 20), b""))
