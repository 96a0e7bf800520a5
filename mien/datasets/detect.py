"""What kind of data set lies in data/, judged by content, with the evidence; never a guess between two."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mien.datasets import compressed, ferplus, folder
from mien.datasets.batch import excerpt
from mien.datasets.fer2013 import column_names
from mien.datasets.lines import MAX_LINE
from mien.datasets.listing import Entry
from mien.datasets.survey import Survey, survey
from mien.errors import DataError

Kind = Literal["fer2013_csv", "icml_csv", "fer_train_csv", "fer_test_csv", "fer_folder", "folder"]
Reader = Literal["fer2013", "folder"]

FER2013_KINDS = ("fer2013_csv", "icml_csv", "fer_train_csv", "fer_test_csv", "fer_folder")
"""What may be compared with the genuine FER2013."""

MAX_LOOKS = 500
"""Files that are no pictures and are opened to see what they are; more are only counted."""


@dataclass(frozen=True)
class Candidate:
    """One data set that data/ may be meant to be; `name` is its file, or data/ itself for class folders."""

    kind: Kind
    name: str
    path: Path
    evidence: str

    @property
    def reader(self) -> Reader:
        """Module of `mien.datasets` that reads it, as in `ingest.source`."""
        return "folder" if self.kind in ("fer_folder", "folder") else "fer2013"

    def __str__(self) -> str:
        return f"{self.name}: {self.kind}, {self.evidence}"


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


@dataclass(frozen=True)
class Look:
    """What one file is, in words; `kind` where it can be read as a data set, `votes` where it holds FER+'s votes."""

    text: str
    kind: Kind | None = None
    votes: bool = False


def detect(root: Path, source: str = "auto") -> Detection:
    """Find the data set below `root`.

    Args:
        root: the data folder.
        source: `auto`, or the reader (`fer2013`, `folder`) that shall be used; candidates of others are left out.

    Raises:
        DataError: nothing, or more than one thing, that can be read; the message lists the evidence.
    """
    if not root.is_dir():
        raise DataError(f"{root}/: not found. Get the data with `dvc repro --pull`, or put a data set there")
    found = survey(root, MAX_LOOKS)
    looks = [(entry, look(entry)) for entry in found.files]
    candidates = _candidates(found, looks)
    matching = [candidate for candidate in candidates if source in ("auto", candidate.reader)]
    votes = [entry for entry, seen in looks if seen.votes]
    others = _others(found, looks)
    if len(matching) != 1 or len(votes) > 1:
        raise DataError(_message(root, source, matching, votes, others))
    chosen = matching[0]
    others += [f"{left}; not read, as ingest.source is {source}" for left in candidates if left is not chosen]
    if chosen.reader == "fer2013" and found.pictures:
        others.append(f"{found.pictures:,} pictures in folders")
    return Detection(chosen, tuple(candidates), votes[0] if votes else None, found, tuple(others))


def look(entry: Entry) -> Look:
    """Say what a file that is no picture is, from its first bytes."""
    if entry.problem:
        return Look(entry.problem)
    try:
        with compressed.plain(entry.path) as stream:
            head = stream.read(MAX_LINE + 1)
        member = compressed.member_name(entry.path)
    except DataError as error:
        return Look(str(error).removeprefix(f"{entry.path.name}: "))
    except OSError as error:
        return Look(f"cannot be opened: {error.strerror}")
    text = mistaken(head)
    if text:
        return Look(text)
    return _table(head, f" (in its member {member})" if member else "")


def mistaken(head: bytes) -> str:
    """What a file is that stands where a CSV should, and what to do; "" when it may be one."""
    start = head.lstrip()[:256].lower()
    if not start:
        return "empty; download it again"
    if head[257:262] == b"ustar":
        return "a tar archive; unpack it (tar xf) and put the CSV here"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:64].count(b"\0") > 8:
        return "UTF-16 or binary, not UTF-8 text; convert it: iconv -f UTF-16 -t UTF-8 OLD > NEW"
    if start.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer and not the file itself; run `git lfs pull`, or download the file"
    if start.startswith((b"<!doctype html", b"<html", b"<?xml", b"<head")):
        return "an HTML page, such as a site sends to those who are not logged in; log in and download the file again"
    if len(head) < 4096 and head.count(b"\n") < 2 and (b"/" in start or b"\\" in start) and b"," not in start:
        return f"a text that holds only a path ({excerpt(head.strip())}); copy the file from there"
    return ""


def _table(head: bytes, where: str) -> Look:
    """A CSV, by its header."""
    line = next((line for line in head.split(b"\n") if line.strip()), b"")
    names = column_names(line) if len(line) <= MAX_LINE else ()
    evidence = f"a CSV with the columns {excerpt(', '.join(names).encode())}{where}"
    if ferplus.is_header(names):
        return Look(f"FER+ votes{where}; they hold no pixels", votes=True)
    if "pixels" in names:
        return Look(evidence, _kind(names))
    if line[:1].isdigit() and line.count(b" ") > 1000:
        return Look("rows of pixels without a header; add the line emotion,pixels,Usage")
    if len(line) > MAX_LINE:
        return Look(f"its first line is longer than {MAX_LINE:,} bytes; no CSV of faces")
    return Look(f"not known; its first line: {excerpt(line)}")


def _kind(names: tuple[str, ...]) -> Kind:
    if "emotion" not in names:
        return "fer_test_csv"
    if "usage" not in names:
        return "fer_train_csv"
    return "fer2013_csv" if names.index("pixels") < names.index("usage") else "icml_csv"


def _candidates(found: Survey, looks: Sequence[tuple[Entry, Look]]) -> list[Candidate]:
    tables = [Candidate(seen.kind, entry.name, entry.path, seen.text) for entry, seen in looks if seen.kind is not None]
    sizes: Counter[str] = Counter()
    for name, below in found.folders.items():
        if name and below.pictures and folder.is_class(place := folder.place(f"{name}/_").folder):
            sizes[place] += below.pictures
    if not sizes:
        return tables
    official = sum(below.official for below in found.folders.values())
    shown = ", ".join(f"{name} {count:,}" for name, count in sorted(sizes.items())[:12])
    evidence = f"{sizes.total():,} pictures in class folders ({shown}); {official:,} named as msambare's copy does"
    kind: Kind = "fer_folder" if 2 * official > found.pictures else "folder"
    return [*tables, Candidate(kind, f"{found.root.name}/", found.root, evidence)]


def _others(found: Survey, looks: Sequence[tuple[Entry, Look]]) -> list[str]:
    """One line for each file that nothing is read from."""
    lines = [f"{entry.name}: {seen.text}" for entry, seen in looks if seen.kind is None and not seen.votes]
    lines += [f"{name}: a picture in no folder" for name in found.loose]
    return lines + ([f"{found.unseen:,} more files, not looked at"] if found.unseen else [])


def _message(
    root: Path, source: str, matching: Sequence[Candidate], votes: Sequence[Entry], others: Sequence[str]
) -> str:
    if len(matching) > 1:
        mixed = len({candidate.reader for candidate in matching}) > 1
        remedy = "Keep one" + (", or set ingest.source to fer2013 or folder" if mixed else " and move the others away")
        return _list(f"{root}/: {len(matching)} data sets, and nothing says which is meant. {remedy}:", matching)
    if len(votes) > 1:
        return _list(f"{root}/: {len(votes)} files of FER+ votes. Keep one:", [entry.name for entry in votes])
    alone = [f"{entry.name}: FER+ votes (fer2013new.csv, maybe renamed), which hold no pixels; " for entry in votes]
    found = [f"{text}put FER2013's own fer2013.csv beside it" for text in alone] + list(others)
    wanted = "a FER2013 CSV (columns emotion, pixels, Usage) or pictures in class folders"
    start = f"{root}/: no data set found for ingest.source {source}. Needed: {wanted}."
    return _list(f"{start} Found:", found) if found else f"{start} The folder is empty"


def _list(start: str, items: Sequence[object]) -> str:
    shown = [f"\n  - {item}" for item in items[:20]]
    return start + "".join(shown) + (f"\n  - and {len(items) - 20} more" if len(items) > 20 else "")
