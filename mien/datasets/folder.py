"""Reader of class folders: one picture a face, the folder's name its label.

Two layouts: msambare's copy of FER2013, `{train,test}/<class>/{Training,PublicTest,PrivateTest}_<digits>.jpg`, where
the start of the file name tells the official split, and plain `<class>/` or `{train,val,test}/<class>/`. Folders around
them do not matter.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np

from mien import images
from mien.datasets import listing
from mien.datasets.batch import Batch, Refusal, Row
from mien.datasets.making import Making
from mien.datasets.opening import Root
from mien.datasets.reader import Shard, between, shard_rows
from mien.errors import DataError
from mien.images import ImageError
from mien.images.headers import JPEG
from mien.labels import AFFECTNET, FER2013, LABEL_SPACES, NAMES, USAGES, LabelSpace
from mien.params.preparation import Preparation
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


@dataclass(frozen=True)
class Place:
    """What the path of a picture says; `folder` is the class folder in lower case, "" where there is none."""

    folder: str
    usage: str
    official: bool


def place(name: str) -> Place:
    """Split and class of a picture from its path below data/, with forward slashes."""
    above, _, own = name.rpartition("/")
    folder, split = _folder(above)
    official = OFFICIAL.fullmatch(own)
    return Place(folder, official.group(1) if official else split, official is not None)


@lru_cache(4096)
def _folder(name: str) -> tuple[str, str]:
    """Class folder and split of the pictures in a folder."""
    above = [part.casefold() for part in name.split("/")]
    folder = above.pop()
    if folder in SPLITS:
        above.append(folder)
        folder = ""
    return folder, next((SPLITS[part] for part in reversed(above) if part in SPLITS), "Training")


def is_class(folder: str) -> bool:
    """Whether a folder of that name can hold a class: a name of an emotion, or digits."""
    return folder in NAMES or folder.isdecimal() or any(folder in _names(space) for space in LABEL_SPACES.values())


def label_space(folders: set[str], given: str | None) -> LabelSpace:
    """The label space of class folders.

    Names speak for themselves: where one is an expression that FER2013 does not have, it is AffectNet's.

    Raises:
        DataError: digits without a label space, which nobody can guess.
    """
    if given is not None:
        return LABEL_SPACES[given]
    digits = sorted(folder for folder in folders if folder.isdecimal())
    if digits:
        raise DataError(
            f"class folders {', '.join(digits[:11])}: digits mean other emotions in each data set. Set "
            f"ingest.label_space in params.yaml to one of: {', '.join(LABEL_SPACES)}"
        )
    return FER2013 if all(_known(folder) for folder in folders if is_class(folder)) else AFFECTNET


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


@dataclass(frozen=True)
class FolderReader:
    """Reads all pictures in folders below `root`; `sample_id` is a picture's name.

    `space` is a key of `mien.labels.LABEL_SPACES`. `sha256` is that of the pixels before resizing.
    """

    root: Path = field(repr=False)
    space: str
    settings: Preparation
    total: int | None = field(default=None, repr=False)
    sources: tuple[str, ...] = ()

    def remarks(self) -> list[str]:
        """Nothing: the pictures say it all."""
        return []

    def shards(self) -> Iterator[Shard]:
        """Names of pictures, in their order."""
        pictures = (name for name in listing.names(self.root) if "/" in name and listing.is_picture(name))
        while group := tuple(islice(pictures, shard_rows(self.settings))):
            usages = {place(name).usage for name in group}
            yield Shard(between(group[0], group[-1]), len(group), group, usage=usages.pop() if len(usages) == 1 else "")

    def pictures(self, shard: Shard) -> Sequence[str]:
        """The shard's work."""
        return shard.work

    def read(self, shard: Shard) -> Batch:
        """Decode and prepare the pictures of a shard."""
        root, made = Root(self.root), Making(self.settings, shard.rows)
        for name in shard.work:
            try:
                code, usage = self._label(name)
                data = root.read(name)
                picture, colour = self._decode(data)
                face = images.cut(picture, self.settings)
            except ImageError as error:
                made.refuse(Refusal(listing.printable(name), 0, error.reason, str(error), ""))
                continue
            made.add(self._row(name, code, usage, face), face, len(data), colour)
        return made.batch()

    def _label(self, name: str) -> tuple[int, str]:
        """Code and Usage."""
        where, space = place(name), LABEL_SPACES[self.space]
        if not where.folder:
            raise ImageError(Reason.UNLABELED, "lies in no class folder")
        code = code_of(where.folder, space)
        if code is None:
            raise ImageError(Reason.LABEL_OUT_OF_RANGE, f"folder {where.folder!r} is no class of {space.name}")
        return code, where.usage

    def _decode(self, data: bytes) -> tuple[np.ndarray, bool]:
        """The picture, and whether it came in colour but is needed in gray; then only the luma of a JPEG is decoded."""
        gray = self.settings.color == "gray"
        if gray and data.startswith(JPEG):
            return images.decode(data, gray=True), images.header(data).components > 1
        picture = images.decode(data)
        return picture, gray and picture.ndim == 3

    def _row(self, name: str, code: int, usage: str, face: np.ndarray) -> Row:
        height, width = face.shape[:2]
        digest = hashlib.sha256(face.data).hexdigest()
        label = LABEL_SPACES[self.space].label(code)
        return Row(name, name, 0, usage, self.space, code, label, digest, width, height)
