"""Reader of the format of YOLO: `{train,valid,test}/{images,labels}`, and `data.yaml` with the names of the classes.

The numbers of the classes go by the alphabet there and not by AffectNet's codes; only `data.yaml` says what they mean.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mien.datasets import folder as folders_of
from mien.datasets import listing
from mien.datasets.affectnet import yolo_files
from mien.datasets.affectnet.labelled import Labelled, add, open_picture
from mien.datasets.batch import Batch, Refusal, excerpt
from mien.datasets.listing import printable
from mien.datasets.making import Making
from mien.datasets.opening import Root
from mien.datasets.reader import SHARD_WORK, Shard, between, shard_rows
from mien.datasets.survey import Survey
from mien.errors import DataError
from mien.images import ImageError
from mien.params.preparation import Preparation
from mien.reasons import Reason

MAX_FACES = 100
"""Marked in one picture; more are no photograph of faces."""

Marked = tuple[str, tuple[bytes, ...], str, str]
"""A picture's name in its folder and the lines of its label file; where it has none, reason and detail of refusal."""


@dataclass(frozen=True)
class YoloReader:
    """Reads every face that is marked in a picture; `sample_id` is the picture's name, a # and the line of the face.

    `codes` are AffectNet's by YOLO's numbers, `folders` those of pictures, below the root and in order. A picture whose
    label file is empty or missing is a refused row.
    """

    root: Path = field(repr=False)
    source: str
    codes: tuple[tuple[int, int], ...]
    folders: tuple[str, ...]
    settings: Preparation
    total: int | None = field(default=None, repr=False)

    @property
    def sources(self) -> tuple[str, ...]:
        """The file with the names of the classes."""
        return (self.source,)

    def remarks(self) -> list[str]:
        """Nothing."""
        return []

    def shards(self) -> Iterator[Shard]:
        """Pictures with the lines of their label files, small texts, as only they tell how many faces there are."""
        root, most = Root(self.root), shard_rows(self.settings)
        for at, folder in enumerate(self.folders):
            waiting: list[Marked] = []
            rows = size = 0
            for name in self._names(folder):
                marked = _marked(root, folder, name)
                count = max(1, len(marked[1]))
                if waiting and (rows + count > most or size > SHARD_WORK):
                    yield _shard(at, folder, waiting, rows)
                    waiting, rows, size = [], 0, 0
                waiting.append(marked)
                rows, size = rows + count, size + sum(map(len, marked[1]))
            if waiting:
                yield _shard(at, folder, waiting, rows)

    def _names(self, folder: str) -> list[str]:
        """Pictures in the order of `sample_id`, whose # comes behind some signs that a name may go on with."""
        pictures = filter(listing.is_picture, listing.names(self.root / folder))
        return sorted(pictures, key=lambda name: f"{printable(name)}#")

    def pictures(self, shard: Shard) -> Sequence[str]:
        """The pictures."""
        return [f"{self.folders[shard.work[0]]}/{name}" for name, *_ in shard.work[1]]

    def read(self, shard: Shard) -> Batch:
        """Cut every marked face."""
        at, marked = shard.work
        root, made = Root(self.root), Making(self.settings, shard.rows)
        for name, lines, reason, detail in marked:
            picture = f"{self.folders[at]}/{name}"
            if not lines:
                made.refuse(Refusal(printable(picture), 0, Reason(reason), detail, ""))
            elif (opened := self._opened(made, root, picture, lines)) is not None:
                self._cut(made, picture, lines, *opened)
        return made.batch()

    def _opened(
        self, made: Making, root: Root, picture: str, lines: tuple[bytes, ...]
    ) -> tuple[np.ndarray, int] | None:
        """Pixels and bytes of a picture; None where it cannot be used, and so none of its faces."""
        try:
            return open_picture(root, self.settings, picture)
        except ImageError as error:
            for number, line in enumerate(lines, 1):
                made.refuse(Refusal(printable(picture), number, error.reason, str(error), excerpt(line)))
        return None

    def _cut(self, made: Making, picture: str, lines: tuple[bytes, ...], pixels: np.ndarray, size: int) -> None:
        usage = folders_of.place(f"{picture}/_").usage
        for number, line in enumerate(lines, 1):
            try:
                mark = yolo_files.parse_mark(line)
                box = mark.box(pixels.shape[1], pixels.shape[0])
                face = Labelled(f"{picture}#{number:03d}", picture, usage, self._code(mark.number), box=box)
                add(made, self.settings, face, pixels, size)
            except ImageError as error:
                made.refuse(Refusal(printable(picture), number, error.reason, str(error), excerpt(line)))

    def _code(self, number: int) -> int:
        codes = dict(self.codes)
        if number not in codes:
            raise ImageError(Reason.LABEL_OUT_OF_RANGE, f"class {number} has no name in {self.source}")
        return codes[number]


def _marked(root: Root, folder: str, name: str) -> Marked:
    """A picture with its label file, which is read from `labels` beside `images`."""
    beside = f"{folder.removesuffix('images')}labels/{name.rpartition('.')[0]}.txt"
    try:
        lines = tuple(line for line in root.read(beside, yolo_files.MAX_BYTES).splitlines() if line.strip())
    except ImageError as error:
        return name, (), Reason.UNLABELED.value, f"label file {beside}: {error}"
    if len(lines) > MAX_FACES:
        return name, (), Reason.BAD_ROW.value, f"{len(lines):,} faces in {beside}; at most {MAX_FACES}"
    return name, lines, Reason.UNLABELED.value, "" if lines else f"label file {beside} is empty"


def _shard(at: int, folder: str, marked: list[Marked], rows: int) -> Shard:
    return Shard(f"{folder}/{between(marked[0][0], marked[-1][0])}", rows, (at, tuple(marked)))


def open_yolo(survey: Survey, name: str, settings: Preparation) -> YoloReader:
    """The reader of the pictures around a `data.yaml`.

    Raises:
        DataError: no names in it, or one that AffectNet does not have.
    """
    try:
        data = Root(survey.root).read(name, yolo_files.MAX_BYTES)
    except ImageError as error:
        raise DataError(f"{name}: {error}") from error
    codes = yolo_files.class_codes(data, name)
    folders = picture_folders(survey, name)
    total = sum(survey.folders[one].pictures for one in folders)
    return YoloReader(survey.root, name, tuple(codes.items()), folders, settings, total)


def picture_folders(survey: Survey, name: str) -> tuple[str, ...]:
    """Folders named `images` with pictures, below that of `data.yaml`, each beside a folder `labels`."""
    above = f"{name.rpartition('/')[0]}/" if "/" in name else ""
    found = [
        one
        for one, inside in survey.folders.items()
        if one.startswith(above) and one.rpartition("/")[2] == "images" and inside.pictures
    ]
    return tuple(sorted(found, key=lambda one: printable(f"{one}/")))
