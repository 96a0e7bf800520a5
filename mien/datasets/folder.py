"""Reader of class folders: one picture a face, the folder's name its label.

Two layouts: msambare's copy of FER2013, `{train,test}/<class>/{Training,PublicTest,PrivateTest}_<digits>.jpg`, where
the start of the file name tells the official split, and plain `<class>/` or `{train,val,test}/<class>/`. Folders around
them do not matter.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from mien import images
from mien.datasets.batch import Batch, Refusal, Row
from mien.datasets.listing import Entry
from mien.datasets.ordered import ordered
from mien.errors import DataError
from mien.labels import FER2013, LABEL_SPACES, NAMES, USAGES, LabelSpace
from mien.reasons import Reason

OFFICIAL = re.compile(rf"({'|'.join(USAGES)})_\d+\.\w+")
"""File names that tell the official split."""

SPLITS = {
    "train": "Training",
    "training": "Training",
    "val": "PublicTest",
    "valid": "PublicTest",
    "validation": "PublicTest",
    "publictest": "PublicTest",
    "test": "PrivateTest",
    "privatetest": "PrivateTest",
}
BATCH = 64
"""Pictures that one thread decodes before it hands over."""


@dataclass(frozen=True)
class Place:
    """What the path of a picture says; `folder` is the class folder in lower case, "" where there is none."""

    folder: str
    usage: str
    official: bool


def place(name: str) -> Place:
    """Split and class of a picture from its path below data/, with forward slashes."""
    path = PurePosixPath(name)
    above = [part.casefold() for part in path.parts[:-1]]
    folder = above.pop() if above else ""
    if folder in SPLITS:
        above.append(folder)
        folder = ""
    split = next((SPLITS[part] for part in reversed(above) if part in SPLITS), "Training")
    official = OFFICIAL.fullmatch(path.name)
    return Place(folder, official.group(1) if official else split, official is not None)


def is_class(folder: str) -> bool:
    """Whether a folder of that name can hold a class: a name of an emotion, or digits."""
    return folder in NAMES or folder.isdecimal() or any(folder in _names(space) for space in LABEL_SPACES.values())


def label_space(folders: set[str], given: str | None) -> LabelSpace:
    """The label space of class folders.

    Raises:
        DataError: digits without a label space, which nobody can guess, or a name that FER2013 does not have.
    """
    if given is not None:
        return LABEL_SPACES[given]
    digits = sorted(folder for folder in folders if folder.isdecimal())
    foreign = sorted(folder for folder in folders if is_class(folder) and not folder.isdecimal() and not _known(folder))
    if digits or foreign:
        shown = ", ".join((digits or foreign)[:11])
        why = "digits mean other emotions in each data set" if digits else "FER2013 has no such emotion"
        raise DataError(
            f"class folders {shown}: {why}. Set ingest.label_space in params.yaml to one of: {', '.join(LABEL_SPACES)}"
        )
    return FER2013


def _known(folder: str) -> bool:
    return NAMES.get(folder, folder) in _names(FER2013)


def _names(space: LabelSpace) -> set[str]:
    return set(space.codes.values())


def code_of(folder: str, space: LabelSpace) -> int | None:
    """The code of a class folder, None when the space has no such class."""
    if folder.isdecimal():
        return int(folder) if len(folder) < 4 and int(folder) in space.codes else None
    name = NAMES.get(folder, folder)
    return next((code for code, label in space.codes.items() if label == name), None)


def read(
    pictures: Sequence[Entry], space: LabelSpace, image_size: int = 48, workers: int | None = None
) -> Iterator[Batch]:
    """Decode pictures in threads; batches come in the order of `pictures`, which are sorted by name.

    Yields:
        Batches of faces (n, image_size, image_size): gray, resized by `mien.images`; `sample_id` is the name. `sha256`
        is that of the gray pixels before resizing.
    """
    groups = (pictures[start : start + BATCH] for start in range(0, len(pictures), BATCH))
    with images.quiet():
        yield from ordered(_Reader(space, image_size), groups, workers)


@dataclass(frozen=True)
class _Reader:
    """Turns some files into a batch; called from several threads."""

    space: LabelSpace
    image_size: int

    def __call__(self, entries: Sequence[Entry]) -> Batch:
        faces = np.empty((len(entries), self.image_size, self.image_size), np.uint8)
        rows: list[Row] = []
        refusals: list[Refusal] = []
        colour = 0
        for entry in entries:
            try:
                code, usage = self._label(entry)
                picture = images.decode(_content(entry))
            except images.ImageError as error:
                refusals.append(Refusal(entry.name, 0, error.reason, str(error), ""))
                continue
            gray = images.to_gray(picture)
            faces[len(rows)] = images.resize(gray, self.image_size)
            rows.append(self._row(entry.name, code, usage, gray))
            colour += picture.ndim == 3
        return Batch(faces[: len(rows)], rows, refusals, colour=colour)

    def _row(self, name: str, code: int, usage: str, gray: np.ndarray) -> Row:
        height, width = gray.shape
        digest = hashlib.sha256(np.ascontiguousarray(gray).data).hexdigest()
        return Row(name, name, 0, usage, self.space.name, code, self.space.label(code), digest, width, height)

    def _label(self, entry: Entry) -> tuple[int, str]:
        if entry.problem:
            raise images.ImageError(Reason.BAD_PATH, entry.problem)
        where = place(entry.name)
        if not where.folder:
            raise images.ImageError(Reason.UNLABELED, "lies in no class folder")
        code = code_of(where.folder, self.space)
        if code is None:
            detail = f"folder {where.folder!r} is no class of {self.space.name}"
            raise images.ImageError(Reason.LABEL_OUT_OF_RANGE, detail)
        return code, where.usage


def _content(entry: Entry) -> bytes:
    if entry.size > images.MAX_BYTES:
        raise images.ImageError(Reason.TOO_LARGE, f"{entry.size:,} bytes; at most {images.MAX_BYTES:,}")
    try:
        return entry.path.read_bytes()
    except OSError as error:
        raise images.ImageError(Reason.MISSING_FILE, f"cannot be opened: {error.strerror}") from error
