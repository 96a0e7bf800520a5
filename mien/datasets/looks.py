"""What one file of data/ is that is no picture, judged by its first bytes; also what it was mistaken for."""

from dataclasses import dataclass
from typing import Literal

from mien.datasets import compressed, ferplus
from mien.datasets.affectnet import labels_csv, record
from mien.datasets.batch import excerpt
from mien.datasets.fer2013 import column_names
from mien.datasets.lines import MAX_LINE
from mien.datasets.listing import Entry
from mien.errors import DataError

Kind = Literal[
    "fer2013_csv",
    "icml_csv",
    "fer_train_csv",
    "fer_test_csv",
    "fer_folder",
    "folder",
    "affectnet_csv",
    "affectnet_npy",
    "affectnet_plus",
    "labels_csv",
    "yolo",
]

NPY = ("_exp.npy", "_val.npy", "_aro.npy", "_lnd.npy")


@dataclass(frozen=True)
class Look:
    """What one file is, in words; `kind` where it can be read as a data set, `votes` where it holds FER+'s votes.

    `annotates` is the kind of data set in which it says something of one picture.
    """

    text: str
    kind: Kind | None = None
    votes: bool = False
    annotates: Kind | None = None


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
    annotates = _annotates(entry.name, head)
    if annotates:
        return Look(f"an annotation of one picture, as in {annotates}", annotates=annotates)
    text = mistaken(head)
    if text:
        return Look(text)
    return _table(head, f" (in its member {member})" if member else "")


def _annotates(name: str, head: bytes) -> Kind | None:
    """The kind of data set of which a file annotates one picture, if it does."""
    folder, own = name.split("/")[-2:] if "/" in name else ("", name)
    if folder == "annotations" and own.endswith(NPY) and head.startswith(b"\x93NUMPY"):
        return "affectnet_npy"
    if folder == "annotations" and own.endswith(".json") and (b'"human-label"' in head or b'"soft-label"' in head):
        return "affectnet_plus"
    return "yolo" if folder == "labels" and own.endswith(".txt") else None


def mistaken(head: bytes) -> str:
    """What a file is that stands where a CSV should, and what to do; "" when it may be one."""
    start = head.lstrip()[:256].lower()
    if not start:
        return "empty; download it again"
    if head[257:262] == b"ustar":
        return "a tar archive; unpack it (tar xf) and put what is in it here"
    if head.startswith(b"Rar!"):
        return "a RAR archive or one of its parts; unpack all of them (unrar x, on the first) and put the files here"
    if head.startswith(b"PAR1"):
        return "a Parquet file, which is not read; write its pictures into folders named by their classes"
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
    """A CSV, by its header, or the like."""
    line = next((line for line in head.split(b"\n") if line.strip()), b"")
    names = column_names(line) if len(line) <= MAX_LINE else ()
    evidence = f"a CSV with the columns {excerpt(', '.join(names).encode())}{where}"
    if ferplus.is_header(names):
        return Look(f"FER+ votes{where}; they hold no pixels", votes=True)
    if "pixels" in names:
        return Look(evidence, _kind(names))
    if record.is_header(line) or record.is_record(line):
        header = "with" if record.is_header(line) else "without"
        return Look(f"a list of AffectNet's pictures{where} {header} a header line", "affectnet_csv")
    if labels_csv.is_header(names):
        return Look(evidence, "labels_csv")
    if any(row.startswith(b"names:") for row in head.splitlines()):
        return Look("the names of YOLO's classes", "yolo")
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
