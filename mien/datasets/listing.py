"""What lies below data/, also where that is a million pictures: names in order, and what must not be opened."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
PAPERS = ("license", "licence", "readme")
"""Starts of the names of files that tell about the data and are none."""

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class Entry:
    """One file: `name` relative to the root with forward slashes, printable; `problem` says why it is not opened."""

    path: Path
    name: str
    size: int
    problem: str = ""


def is_picture(name: str) -> bool:
    """Whether a name says that the file is a picture; its content may say otherwise."""
    return name.lower().endswith(PICTURES)


def names(root: Path) -> Iterator[str]:
    """Name of every file below `root`, with forward slashes, without the litter of file managers, README and LICENSE.

    They come sorted as `printable` shows them. No file is asked for its size; memory holds the names of one folder, and
    of the folders above it. Links are listed as files; whether they may be followed `mien.datasets.opening` says.
    """
    waiting = _folder(root, "")
    while waiting:
        name = waiting.pop()
        if name.endswith("/"):
            waiting += _folder(root, name)
        else:
            yield name


def _folder(root: Path, folder: str) -> list[str]:
    """Names in a folder, last one first; those of folders end in a slash, which gives them their place in the order."""
    found: list[str] = []
    with os.scandir(root / folder) as items:
        for item in items:
            if _is_litter(item.name):
                continue
            if item.is_dir(follow_symlinks=False):
                found.append(f"{folder}{item.name}/")
            elif folder or not item.name.lower().startswith(PAPERS):
                found.append(folder + item.name)
    found.sort(key=printable, reverse=True)
    return found


def printable(name: str) -> str:
    """A name as it can be shown and stored: bytes that are no UTF-8 become escapes."""
    return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in LITTER


def entry(root: Path, name: str) -> Entry:
    """Look at one file of `names`: its size, and whether it may be opened."""
    path, shown = root / name, printable(name)
    try:
        facts = path.stat()
        inside = not path.is_symlink() or path.resolve().is_relative_to(root.resolve())
    except OSError:
        return Entry(path, shown, 0, "a link that leads nowhere")
    if name != shown:
        return Entry(path, shown, facts.st_size, "its name is not UTF-8")
    if not inside:
        return Entry(path, shown, 0, "a link that leaves the data folder; put the file itself there")
    if not stat.S_ISREG(facts.st_mode):
        kind = "a linked folder" if stat.S_ISDIR(facts.st_mode) else "no regular file (FIFO, socket or device)"
        return Entry(path, shown, 0, kind)
    return Entry(path, shown, facts.st_size)
