"""AffectNet's CSV files in data/: which part each of them lists, where its pictures are, which rows repeat others."""

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import numpy as np

from mien.datasets import compressed
from mien.datasets.affectnet import record
from mien.datasets.lines import Block, blocks
from mien.datasets.survey import Survey
from mien.errors import DataError

PARTS = {"automatic": re.compile("auto"), "training": re.compile("train"), "validation": re.compile("val")}
"""What the name of a list, in lower case, holds; in the order of `sample_id`."""

FIRST = ("validation", "training", "automatic")
"""Whose row stays where a picture is listed in two: the test set stays whole, and a person knows better."""

LOOKS = 200
"""Listed pictures that are looked for to find out in which folder they lie."""


@dataclass(frozen=True)
class List:
    """One CSV: its `part`, its `name` below the root, and the folder of its pictures.

    In a `flat` folder, as `unrar e` makes it, the numbered folders of the listed paths are gone.
    """

    part: str
    name: str
    folder: str
    flat: bool
    found: int
    looked: int

    @property
    def evidence(self) -> str:
        """For a person: where the pictures were found."""
        return f"{self.name}: {self.found:,} of its first {self.looked:,} pictures are in {self.folder or '.'}/"

    def picture(self, path: str) -> str:
        """Name below the root of a listed picture."""
        own = path.rpartition("/")[2] if self.flat else path
        return f"{self.folder}/{own}" if self.folder else own


def part_of(name: str) -> str:
    """The part that a list's name tells; "" where it tells none."""
    own = name.rpartition("/")[2].lower()
    return next((part for part, pattern in PARTS.items() if pattern.search(own)), "")


def rows(root: Path, name: str, most: int = 1024) -> Iterator[tuple[int, Block]]:
    """Blocks of a list without its header, each with the 0-based row of its first line.

    Raises:
        DataError: a header whose columns stand in another order, or an archive that cannot be read.
    """
    row = 0
    with compressed.plain(root / name) as stream:
        for at, block in enumerate(blocks(stream, most)):
            head = int(not at and record.is_header(block.lines[0]))
            if head:
                record.check_header(block.lines[0], f"{name}:{block.numbers[0]}")
            rest = Block(block.numbers[head:], block.lines[head:], block.cut)
            if rest.lines:
                yield row, rest
            row += len(rest.lines)


def find(survey: Survey, names: Sequence[str]) -> list[List]:
    """What the lists `names` are, in the order of `sample_id`.

    Raises:
        DataError: a name that tells no part, two lists of one part, or pictures that are nowhere.
    """
    by_part: dict[str, list[str]] = {}
    for name in names:
        by_part.setdefault(part_of(name), []).append(name)
    if "" in by_part:
        raise DataError(
            f"{by_part[''][0]}: lists pictures of AffectNet, but its name does not tell which part. Call it "
            "training.csv, validation.csv or automatically_annotated.csv"
        )
    twice = next((found for found in by_part.values() if len(found) > 1), None)
    if twice:
        raise DataError(f"{' and '.join(twice)}: two lists of the same part of AffectNet. Keep one")
    return [_located(survey, part, by_part[part][0]) for part in PARTS if part in by_part]


def _located(survey: Survey, part: str, name: str) -> List:
    """The folder in which the largest share of the first listed pictures lies."""
    paths = _first_paths(survey.root, name)
    tried = [List(part, name, folder, flat, _there(survey.root, folder, flat, paths), len(paths))
             for folder, flat in _folders(survey)]  # fmt: skip
    best = max(tried, key=lambda one: one.found, default=None)
    if best is None or (not best.found and paths):
        raise DataError(
            f"{name}: none of its first {len(paths):,} pictures is below {survey.root.name}/, for example "
            f"{paths[0] if paths else 'none'}. Unpack the pictures of this part there, in any folder"
        )
    return best


def _first_paths(root: Path, name: str) -> list[str]:
    paths = (record.path_of(line) for _, block in rows(root, name) for line in block.lines)
    return list(islice((path for path in paths if path), LOOKS))


def _folders(survey: Survey) -> list[tuple[str, bool]]:
    """Folders that pictures may be listed from: above numbered ones, and those with pictures for flat ones."""
    pictured = [name for name, folder in survey.folders.items() if folder.pictures]
    numbered = {name.rpartition("/")[0] for name in pictured if name.rpartition("/")[2].isdecimal()}
    flat = [name for name in pictured if not name.rpartition("/")[2].isdecimal()]
    return [(name, False) for name in sorted(numbered)] + [(name, True) for name in flat]


def _there(root: Path, folder: str, flat: bool, paths: Sequence[str]) -> int:
    base = root / folder
    return sum((base / (path.rpartition("/")[2] if flat else path)).is_file() for path in paths)


def repeats(root: Path, lists: Sequence[List]) -> Mapping[str, np.ndarray]:
    """Which rows list a picture that stays in a row elsewhere: another list, or further up in the same.

    Returns:
        By part uint8 (rows,): 0, or 1 + the position in FIRST of the part whose row stays. A few bytes for each row are
        held, so that a million of them need little memory.
    """
    keys = {one.part: _keys(root, one.name) for one in lists}
    present = [part for part in FIRST if part in keys]
    found = {}
    for at, part in enumerate(present):
        stays = np.full(len(keys[part]), 1 + FIRST.index(part), np.uint8)
        stays[np.unique(keys[part], return_index=True)[1]] = 0
        for before in reversed(present[:at]):
            stays[np.isin(keys[part], keys[before])] = 1 + FIRST.index(before)
        stays[keys[part] == 0] = 0
        found[part] = stays
    return found


def _keys(root: Path, name: str) -> np.ndarray:
    """A number for the picture of each row, uint64 (rows,); 0 where the row names none."""
    keys = array("Q")
    for _, block in rows(root, name):
        for line in block.lines:
            own = record.path_of(line).rpartition("/")[2]
            keys.append(int.from_bytes(blake2b(own.encode(), digest_size=8).digest(), "little") | 1 if own else 0)
    return np.frombuffer(keys, np.uint64) if keys else np.empty(0, np.uint64)


def is_picture_folder(folder: str, lists: Sequence[List]) -> bool:
    """Whether pictures in `folder` belong to one of the lists."""
    return any(folder == one.folder or folder.startswith(f"{one.folder}/") or not one.folder for one in lists)
