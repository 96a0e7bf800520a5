"""Files that are the old ones or the whole new ones, whenever the process or the machine dies."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Have the system write a file, or the entries of a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(unfinished: Path, path: Path) -> None:
    """Put a finished file, or a folder whose files are synced, into its place beside it."""
    sync(unfinished)
    os.replace(unfinished, path)  # noqa: PTH105  not Path.replace: tests of crashes step in here
    sync(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file, all or nothing."""
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    replace(unfinished, path)
