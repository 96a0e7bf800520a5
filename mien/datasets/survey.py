"""What lies below data/ in counts, taken in one walk: memory grows with folders, not with a million files."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mien.datasets import listing
from mien.datasets.folder import OFFICIAL
from mien.datasets.listing import Entry

LOOKS_IN_FOLDER = 100
"""Files of one folder that are looked at, so that a folder of annotations does not keep other files from it."""


@dataclass
class Folder:
    """Files of one folder by suffix (lower case, with its dot).

    `official` pictures are named as msambare's copy of FER2013 names them, `others` are no pictures.
    """

    suffixes: Counter[str] = field(default_factory=Counter)
    official: int = 0
    others: int = 0

    @property
    def pictures(self) -> int:
        """Files whose names say that they are pictures."""
        return sum(self.suffixes[suffix] for suffix in listing.PICTURES)


@dataclass(frozen=True)
class Survey:
    """Everything below `root`.

    `folders` have the name below the root ("" is the root itself) of each folder with files. `files` are those that are
    no pictures, `unseen` more were only counted. `loose` are pictures in no folder.
    """

    root: Path
    folders: Mapping[str, Folder]
    files: tuple[Entry, ...]
    unseen: int
    loose: tuple[str, ...]

    @property
    def pictures(self) -> int:
        """Pictures in folders."""
        return sum(folder.pictures for name, folder in self.folders.items() if name)


def survey(root: Path, looks: int) -> Survey:
    """Walk over `root`; at most `looks` files that are no pictures are looked at, and as many loose pictures named."""
    folders: dict[str, Folder] = {}
    files: list[str] = []
    loose: list[str] = []
    for name in listing.names(root):
        above, _, own = name.rpartition("/")
        folder = folders.setdefault(above, Folder())
        folder.suffixes[_suffix(own)] += 1
        if not listing.is_picture(own):
            folder.others += 1
            if folder.others <= LOOKS_IN_FOLDER and len(files) < looks:
                files.append(name)
        elif above:
            folder.official += OFFICIAL.fullmatch(own) is not None
        elif len(loose) < looks:
            loose.append(name)
    seen = tuple(listing.entry(root, name) for name in files)
    unseen = sum(folder.others for folder in folders.values()) - len(files)
    return Survey(root, folders, seen, unseen, tuple(loose))


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() if stem else ""
