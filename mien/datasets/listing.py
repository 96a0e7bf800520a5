"""What lies below data/: regular files to read, and what must not be opened."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
PAPERS = ("license", "licence", "readme")
"""Starts of the names of files that tell about the data and are none."""

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True)
class Entry:
    """One file: `name` relative to the root with forward slashes, printable; `problem` says why it is not opened."""

    path: Path
    name: str
    size: int
    problem: str = ""

    @property
    def is_picture(self) -> bool:
        """Whether its name says that it is a picture; its content may say otherwise."""
        return self.path.suffix.lower() in PICTURES


def walk(root: Path) -> list[Entry]:
    """Every file below `root`, sorted by name, without the litter of file managers and README and LICENSE files.

    Links are followed where they stay below `root`; linked folders, FIFOs and devices are listed with their problem.
    """
    real = root.resolve()
    entries: list[Entry] = []
    folders = [root]
    while folders:
        with os.scandir(folders.pop()) as found:
            for item in found:
                if _is_litter(item.name):
                    continue
                if item.is_dir(follow_symlinks=False):
                    folders.append(Path(item.path))
                elif not (Path(item.path).parent == root and item.name.lower().startswith(PAPERS)):
                    entries.append(_entry(Path(item.path), root, real))
    return sorted(entries, key=lambda entry: entry.name)


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in LITTER


def _entry(path: Path, root: Path, real: Path) -> Entry:
    raw = path.relative_to(root).as_posix()
    name = raw.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    try:
        facts = path.stat()
        inside = not path.is_symlink() or path.resolve().is_relative_to(real)
    except OSError:
        return Entry(path, name, 0, "a link that leads nowhere")
    if name != raw:
        return Entry(path, name, facts.st_size, "its name is not UTF-8")
    if not inside:
        return Entry(path, name, 0, "a link that leaves the data folder; put the file itself there")
    if not stat.S_ISREG(facts.st_mode):
        kind = "a linked folder" if stat.S_ISDIR(facts.st_mode) else "no regular file (FIFO, socket or device)"
        return Entry(path, name, 0, kind)
    return Entry(path, name, facts.st_size)
