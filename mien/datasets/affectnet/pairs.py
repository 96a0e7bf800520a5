"""Pictures in one folder and their annotations in another, joined by name: the copies of 2021, and AffectNet+."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mien.datasets import listing
from mien.datasets.affectnet.labelled import USAGES, Labelled, take
from mien.datasets.batch import Batch, Refusal
from mien.datasets.listing import printable
from mien.datasets.making import Making
from mien.datasets.opening import Root
from mien.datasets.reader import Shard, between, shard_rows
from mien.datasets.survey import Survey
from mien.images import ImageError
from mien.params.preparation import Preparation
from mien.reasons import Reason

PARTS = {
    "train_set": "training",
    "train": "training",
    "val_set": "validation",
    "validation_set": "validation",
    "val": "validation",
    "validation": "validation",
    "test_set": "test",
    "test": "test",
}
"""Parts by the names of their folders, in lower case; in a folder of any other name all is for training."""


@dataclass(frozen=True)
class Half:
    """A folder with the folders `images` and `annotations` in it; `name` is below the root."""

    name: str

    def within(self, own: str) -> str:
        """Name below the root of what is in the folder."""
        return f"{self.name}/{own}" if self.name else own

    @property
    def is_known(self) -> bool:
        """Whether its name tells the part."""
        return self._own in PARTS

    @property
    def usage(self) -> str:
        """Usage of its faces."""
        return USAGES[PARTS.get(self._own, "training")]

    @property
    def _own(self) -> str:
        return self.name.rpartition("/")[2].casefold()


def halves(survey: Survey, suffix: str) -> tuple[Half, ...]:
    """Folders with pictures in `images` and files of `suffix` in `annotations`, in the order of `sample_id`."""
    found = []
    for name, folder in survey.folders.items():
        half = Half(name.rpartition("/")[0])
        annotated = survey.folders.get(half.within("annotations"))
        if name == half.within("images") and folder.pictures and annotated and annotated.suffixes[suffix]:
            found.append(half)
    return tuple(sorted(found, key=lambda half: printable(half.within("images/"))))


@dataclass(frozen=True)
class PairsReader:
    """Reads pictures with annotations; `sample_id` is the picture's name.

    A picture without its annotation and an annotation without its picture are refused rows, so that
    nothing is missed in silence. `ending` is that of the annotation that every picture must have.
    """

    root: Path = field(repr=False)
    halves: tuple[Half, ...]
    settings: Preparation
    ending: str = field(default="", init=False)
    total: int | None = field(default=None, repr=False)
    sources: tuple[str, ...] = ()

    def remarks(self) -> list[str]:
        """Folders whose names tell no part."""
        unknown = [half.name for half in self.halves if not half.is_known]
        return [f"{name or '.'}/: its name tells no part of AffectNet, so all of it is Training" for name in unknown]

    def shards(self) -> Iterator[Shard]:
        """Names of the pictures of each half, then of annotations whose picture is missing."""
        most = shard_rows(self.settings)
        for at, half in enumerate(self.halves):
            pictures = [name for name in listing.names(self.root / half.within("images")) if listing.is_picture(name)]
            lone = self._lone(half, {_stem(name) for name in pictures})
            for names, is_lone in ((pictures, False), (lone, True)):
                for start in range(0, len(names), most):
                    group = tuple(names[start : start + most])
                    name = f"{half.name}/{between(group[0], group[-1])}"
                    yield Shard(name, len(group), (at, is_lone, group), usage=half.usage)

    def _lone(self, half: Half, stems: set[str]) -> list[str]:
        names = listing.names(self.root / half.within("annotations"))
        return [name for name in names if name.endswith(self.ending) and name.removesuffix(self.ending) not in stems]

    def pictures(self, shard: Shard) -> Sequence[str]:
        """Pictures and all of their annotations."""
        at, is_lone, names = shard.work
        return [] if is_lone else [file for name in names for file in self._files(self.halves[at], name)]

    def _files(self, half: Half, name: str) -> list[str]:
        return [half.within(f"images/{name}"), half.within(f"annotations/{_stem(name)}{self.ending}")]

    def read(self, shard: Shard) -> Batch:
        """Read annotations and pictures of a shard."""
        at, is_lone, names = shard.work
        half, root, made = self.halves[at], Root(self.root), Making(self.settings, shard.rows)
        for name in names:
            if is_lone:
                made.refuse(self._without_picture(half, name))
                continue
            try:
                take(made, root, self.settings, self.face(root, half, name))
            except ImageError as error:
                made.refuse(Refusal(printable(half.within(f"images/{name}")), 0, error.reason, str(error), ""))
        return made.batch()

    def _without_picture(self, half: Half, name: str) -> Refusal:
        detail = "an annotation whose picture is not in images/"
        return Refusal(printable(half.within(f"annotations/{name}")), 0, Reason.MISSING_FILE, detail, "")

    def face(self, root: Root, half: Half, name: str) -> Labelled:
        """What the annotations of a picture of `half` say.

        Raises:
            ImageError: with the reason for which the row is refused.
        """
        raise NotImplementedError


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def annotation(root: Root, name: str, limit: int) -> bytes:
    """The content of an annotation that every picture must have.

    Raises:
        ImageError: UNLABELED where there is none, or as `Root.read`.
    """
    try:
        return root.read(name, limit)
    except ImageError as error:
        if error.reason is Reason.MISSING_FILE:
            raise ImageError(Reason.UNLABELED, f"no annotation {name}") from error
        raise
