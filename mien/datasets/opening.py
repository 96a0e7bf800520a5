"""Opening files below the data folder, and nothing else: names may come from a table that a stranger wrote."""

import errno
import os
import stat
from pathlib import Path

from mien import images
from mien.datasets.listing import printable
from mien.images import ImageError
from mien.reasons import Reason

FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Never through a link, and a FIFO does not block."""


class Root:
    """The data folder, as `read` of one shard sees it; folders are looked at once."""

    def __init__(self, root: Path) -> None:
        self._root, self._real = str(root), os.path.realpath(root)
        self._folders: dict[str, bool] = {"": True}

    def read(self, name: str, limit: int = images.MAX_BYTES) -> bytes:
        """The content of a file.

        Args:
            name: below the root, with forward slashes.
            limit: bytes of the largest file that is read.

        Raises:
            ImageError: BAD_PATH for `..`, absolute names, backslashes, NUL, names that are no UTF-8, links that leave
                the root or lead nowhere, and what is no regular file; MISSING_FILE; TOO_LARGE.
        """
        check(name)
        if not self._is_inside(name.rpartition("/")[0]):
            raise ImageError(Reason.BAD_PATH, "lies in a linked folder that leaves the data folder")
        handle = self._open(f"{self._root}/{name}")
        try:
            size = _size(os.fstat(handle), limit)
            return os.read(handle, size)
        finally:
            os.close(handle)

    def _open(self, path: str) -> int:
        try:
            return os.open(path, FLAGS)
        except FileNotFoundError as error:
            raise ImageError(Reason.MISSING_FILE, "not there") from error
        except OSError as error:
            if error.errno == errno.ELOOP and path != (target := self._target(path)):
                return self._open(target)
            raise ImageError(Reason.MISSING_FILE, f"cannot be opened: {error.strerror}") from error

    def _target(self, path: str) -> str:
        """What a link leads to."""
        real = os.path.realpath(path)
        if not real.startswith(self._real + os.sep):
            raise ImageError(Reason.BAD_PATH, "a link that leaves the data folder; put the file itself there")
        if not Path(real).exists():
            raise ImageError(Reason.BAD_PATH, "a link that leads nowhere")
        return real

    def _is_inside(self, folder: str) -> bool:
        if folder not in self._folders:
            real = os.path.realpath(f"{self._root}/{folder}")
            self._folders[folder] = real == self._real or real.startswith(self._real + os.sep)
        return self._folders[folder]


def _size(facts: os.stat_result, limit: int) -> int:
    """Bytes of a regular file of at most `limit`."""
    if not stat.S_ISREG(facts.st_mode):
        kind = "a folder" if stat.S_ISDIR(facts.st_mode) else "no regular file (FIFO, socket or device)"
        raise ImageError(Reason.BAD_PATH, kind)
    if facts.st_size > limit:
        raise ImageError(Reason.TOO_LARGE, f"{facts.st_size:,} bytes; at most {limit:,}")
    return facts.st_size


def check(name: str) -> None:
    """Refuse a name that is none below a folder.

    Raises:
        ImageError: BAD_PATH.
    """
    if "\\" in name or "\0" in name:
        raise ImageError(Reason.BAD_PATH, "a backslash or NUL in its name")
    if name.startswith("/") or not name:
        raise ImageError(Reason.BAD_PATH, "an absolute name" if name else "no name")
    if ".." in name and ".." in name.split("/"):
        raise ImageError(Reason.BAD_PATH, "`..` in its name")
    if printable(name) != name:
        raise ImageError(Reason.BAD_PATH, "its name is not UTF-8")
