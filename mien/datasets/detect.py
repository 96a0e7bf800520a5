"""What kind of data set lies in data/, judged by content, with the evidence; never a guess between two."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mien.datasets import folder
from mien.datasets.affectnet import finding
from mien.datasets.listing import Entry
from mien.datasets.looks import Kind, Look, look
from mien.datasets.survey import Survey, survey
from mien.errors import DataError

Reader = Literal["fer2013", "folder", "affectnet", "affectnet_npy", "affectnet_plus", "labels_csv", "yolo"]

FER2013_KINDS = ("fer2013_csv", "icml_csv", "fer_train_csv", "fer_test_csv", "fer_folder")
"""What may be compared with the genuine FER2013."""

AFFECTNET_KINDS = ("affectnet_csv", "affectnet_npy", "affectnet_plus")
"""What may be compared with the genuine AffectNet."""

READERS: dict[Kind, Reader] = {
    "fer2013_csv": "fer2013",
    "icml_csv": "fer2013",
    "fer_train_csv": "fer2013",
    "fer_test_csv": "fer2013",
    "fer_folder": "folder",
    "folder": "folder",
    "affectnet_csv": "affectnet",
    "affectnet_npy": "affectnet_npy",
    "affectnet_plus": "affectnet_plus",
    "labels_csv": "labels_csv",
    "yolo": "yolo",
}
"""Which reader reads what, in the words of `ingest.source`."""

ALONE = ("fer2013_csv", "icml_csv", "fer_train_csv", "fer_test_csv")
"""Kinds of which a single file is the data set."""

MAX_LOOKS = 500
"""Files that are no pictures and are opened to see what they are; more are only counted."""


@dataclass(frozen=True)
class Candidate:
    """One data set that data/ may be meant to be; `name` is its file, or data/ itself where it has several or none.

    Pictures and files of `suffix` in `folders` are its own, as are its `tables`. `problem` says why it cannot
    be read as it lies there.
    """

    kind: Kind
    name: str
    path: Path
    evidence: str
    tables: tuple[str, ...] = ()
    folders: frozenset[str] = frozenset()
    suffix: str = ""
    problem: str = ""

    @property
    def reader(self) -> Reader:
        """Module that reads it, as in `ingest.source`."""
        return READERS[self.kind]

    def claims(self, entry: Entry) -> bool:
        """Whether a file that is no picture annotates one of its pictures."""
        above = entry.name.rpartition("/")[0]
        return bool(self.suffix) and above in self.folders and entry.name.lower().endswith(self.suffix)

    def __str__(self) -> str:
        return f"{self.name}: {self.kind}, {self.evidence}" + (f" ({self.problem})" if self.problem else "")


@dataclass(frozen=True)
class Detection:
    """The one data set that was found.

    `votes` is FER+'s file, `survey` what all of data/ holds, `others` says what each file is that is not read.
    """

    chosen: Candidate
    candidates: tuple[Candidate, ...]
    votes: Entry | None
    survey: Survey
    others: tuple[str, ...]


Looks = Sequence[tuple[Entry, Look]]


def detect(root: Path, source: str = "auto") -> Detection:
    """Find the data set below `root`.

    Args:
        root: the data folder.
        source: `auto`, or the reader (a value of READERS) that shall be used; candidates of others are left out.

    Raises:
        DataError: nothing, or more than one thing, that can be read; the message lists the evidence.
    """
    if not root.is_dir():
        raise DataError(f"{root}/: not found. Put a data set there, or get that of this project: `dvc repro --pull`")
    found = survey(root, MAX_LOOKS)
    looks = [(entry, look(entry)) for entry in found.files]
    candidates = _candidates(found, looks, source)
    matching = [candidate for candidate in candidates if source in ("auto", candidate.reader)]
    votes = [entry for entry, seen in looks if seen.votes]
    chosen = matching[0] if len(matching) == 1 else None
    others = _others(found, looks, chosen)
    if chosen is None or len(votes) > 1:
        raise DataError(_message(root, source, matching, votes, others))
    if chosen.problem:
        raise DataError(chosen.problem)
    others += [f"{left}; not read, as ingest.source is {source}" for left in candidates if left is not chosen]
    return Detection(chosen, tuple(candidates), votes[0] if votes else None, found, tuple(others))


def _candidates(found: Survey, looks: Looks, source: str) -> list[Candidate]:
    alone = [
        Candidate(seen.kind, entry.name, entry.path, seen.text, (entry.name,))
        for entry, seen in looks
        if seen.kind in ALONE
    ]
    candidates = [*alone, *_affectnet(found, looks)]
    claimed = frozenset[str]().union(*(candidate.folders for candidate in candidates))
    in_folders = _folders(found, frozenset() if source == "folder" else claimed)
    return [*candidates, in_folders] if in_folders else candidates


def _affectnet(found: Survey, looks: Looks) -> list[Candidate]:
    """Whatever there is of AffectNet."""
    tables: dict[str, list[str]] = {}
    annotated: dict[str, list[str]] = {}
    for entry, seen in looks:
        if seen.annotates:
            annotated.setdefault(seen.annotates, []).append(entry.name.rpartition("/")[0])
        elif seen.kind and seen.kind not in ALONE:
            tables.setdefault(seen.kind, []).append(entry.name)
    whole = f"{found.root.name}/"
    return [
        Candidate(one.kind, one.names[0] if len(one.names) == 1 else whole, found.root, one.evidence, one.names,
                  one.folders, one.suffix, one.problem)
        for one in finding.find(found, tables, annotated)
    ]  # fmt: skip


def _folders(found: Survey, claimed: frozenset[str]) -> Candidate | None:
    """Class folders, but for those in which another data set keeps its pictures."""
    sizes: Counter[str] = Counter()
    for name, below in found.folders.items():
        if (
            name
            and name not in claimed
            and below.pictures
            and folder.is_class(place := folder.place(f"{name}/_").folder)
        ):
            sizes[place] += below.pictures
    if not sizes:
        return None
    official = sum(below.official for below in found.folders.values())
    shown = ", ".join(f"{name} {count:,}" for name, count in sorted(sizes.items())[:12])
    evidence = f"{sizes.total():,} pictures in class folders ({shown}); {official:,} named as msambare's copy does"
    evidence += f"; {_space(set(sizes))}"
    kind: Kind = "fer_folder" if 2 * official > found.pictures else "folder"
    everything = frozenset(name for name in found.folders if name)
    return Candidate(kind, f"{found.root.name}/", found.root, evidence, folders=everything)


def _space(classes: set[str]) -> str:
    """Where the names of class folders say what they mean."""
    try:
        return f"names of the label space {folder.label_space(classes, None).name}"
    except DataError:
        return "digits, of which only ingest.label_space can say what they mean"


def _others(found: Survey, looks: Looks, chosen: Candidate | None) -> list[str]:
    """One line for each file that nothing is read from; annotations of single pictures by folder."""
    unknown = [(entry, seen) for entry, seen in looks if not (chosen and chosen.claims(entry))]
    lines = [f"{entry.name}: {seen.text}" for entry, seen in unknown
             if not (seen.kind or seen.votes or seen.annotates)]  # fmt: skip
    annotations = Counter((entry.name.rpartition("/")[0], seen.annotates) for entry, seen in unknown if seen.annotates)
    lines += [f"{name}/: annotations of single pictures, as in {kind}" for name, kind in annotations]
    lines += [f"{name}: a picture in no folder" for name in found.loose]
    folders = chosen.folders if chosen else frozenset(found.folders)
    pictures = sum(below.pictures for name, below in found.folders.items() if name and name not in folders)
    lines += [f"{pictures:,} pictures in {'other ' if folders else ''}folders"] if pictures else []
    unseen = found.unseen - (_unseen(found, looks, chosen) if chosen else 0)
    return lines + ([f"{unseen:,} more files, not looked at"] if unseen else [])


def _unseen(found: Survey, looks: Looks, chosen: Candidate) -> int:
    """Annotations of a data set that were not looked at."""
    claimed = sum(found.folders[name].suffixes[chosen.suffix] for name in chosen.folders) if chosen.suffix else 0
    return claimed - sum(chosen.claims(entry) for entry, _ in looks)


def _message(
    root: Path, source: str, matching: Sequence[Candidate], votes: Sequence[Entry], others: Sequence[str]
) -> str:
    if len(matching) > 1:
        readers = sorted({candidate.reader for candidate in matching}, key=list(READERS.values()).index)
        remedy = (
            f", or set ingest.source to {' or '.join(readers)}" if len(readers) > 1 else " and move the others away"
        )
        start = f"{root}/: {len(matching)} data sets, and nothing says which is meant. Keep one{remedy}:"
        return _list(start, matching)
    if len(votes) > 1:
        return _list(f"{root}/: {len(votes)} files of FER+ votes. Keep one:", [entry.name for entry in votes])
    alone = [f"{entry.name}: FER+ votes (fer2013new.csv, maybe renamed), which hold no pixels; " for entry in votes]
    found = [f"{text}put FER2013's own fer2013.csv beside it" for text in alone] + list(others)
    wanted = (
        "a FER2013 CSV (columns emotion, pixels, Usage), AffectNet in one of its formats, or pictures in class folders"
    )
    start = f"{root}/: no data set found for ingest.source {source}. Needed: {wanted}."
    return _list(f"{start} Found:", found) if found else f"{start} The folder is empty"


def _list(start: str, items: Sequence[object]) -> str:
    shown = [f"\n  - {item}" for item in items[:20]]
    return start + "".join(shown) + (f"\n  - and {len(items) - 20} more" if len(items) > 20 else "")
