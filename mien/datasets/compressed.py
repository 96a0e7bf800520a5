"""Text files as they come: plain, gzip or a zip with one CSV inside, told apart by content and read as one stream.

Nothing is unpacked to disk, and an archive made to fill the memory or the day ends in an error.
"""

import gzip
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from mien.errors import DataError

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"

MAX_TOTAL = 4 << 30
"""Bytes of unpacked text; FER2013 has 0.3 GB."""

MAX_RATIO = 100
"""Unpacked bytes for each packed one, judged from `RATIO_FROM` bytes on; faces as text have about 4."""

RATIO_FROM = 64 << 20
MAX_MEMBERS = 1000
END_RECORD = struct.Struct("<4s4H2LH")
"""End of a zip's central directory: PKWARE's APPNOTE.TXT, section 4.3.16."""


@contextmanager
def plain(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for reading as the text that it holds, unpacked where it is packed.

    Raises:
        DataError: an archive that is cut off, damaged, encrypted, does not hold one CSV, or unpacks to too much; also
            from the stream's `read`.
    """
    with path.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic[:2] == GZIP:
            yield _buffered(gzip.GzipFile(fileobj=raw), path, path.stat().st_size)
        elif magic == ZIP:
            archive, member = _open_zip(raw, path)
            with archive, archive.open(member) as stream:
                yield _buffered(stream, path, member.compress_size)
        else:
            yield raw


def member_name(path: Path) -> str:
    """Name of the CSV inside a zip; empty for other files.

    Raises:
        DataError: as `plain`.
    """
    with path.open("rb") as raw:
        if raw.read(4) != ZIP:
            return ""
        archive, member = _open_zip(raw, path)
        with archive:
            return member.filename


class _Guarded(io.RawIOBase):
    """An unpacking stream that stops at the limits and speaks plainly of damage."""

    def __init__(self, stream: io.BufferedIOBase, path: Path, packed: int) -> None:
        self._stream, self._path, self._packed, self._total = stream, path, max(packed, 1), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._read(len(buffer))
        self._total += len(data)
        too_dense = self._total > RATIO_FROM and self._total > MAX_RATIO * self._packed
        if too_dense or self._total > MAX_TOTAL:
            raise DataError(
                f"{self._path.name}: {self._packed:,} packed bytes unpack to more than {self._total:,}; "
                f"that is no CSV of faces (limits: {MAX_RATIO} to 1, {MAX_TOTAL:,} bytes)"
            )
        buffer[: len(data)] = data
        return len(data)

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except EOFError as error:
            raise DataError(f"{self._path.name}: truncated, the archive ends too early; download it again") from error
        except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(f"{self._path.name}: damaged archive ({error}); download it again") from error


def _buffered(stream: object, path: Path, packed: int) -> BinaryIO:
    guarded = _Guarded(cast(io.BufferedIOBase, stream), path, packed)
    return cast(BinaryIO, io.BufferedReader(guarded, buffer_size=1 << 18))


def _open_zip(raw: BinaryIO, path: Path) -> tuple[zipfile.ZipFile, zipfile.ZipInfo]:
    """The archive and the one CSV in it, known to be readable."""
    _check_directory(raw, path)
    try:
        archive = zipfile.ZipFile(raw)
        member = _member(archive, path)
        archive.open(member).close()
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise DataError(f"{path.name}: zip archive that cannot be read ({error}); download or pack it again") from error
    return archive, member


def _check_directory(raw: BinaryIO, path: Path) -> None:
    """Refuse an archive with a large directory before zipfile reads all of it into memory."""
    raw.seek(0, io.SEEK_END)
    start = max(raw.tell() - (1 << 16) - END_RECORD.size, 0)
    raw.seek(start)
    tail = raw.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + END_RECORD.size > len(tail):
        raise DataError(f"{path.name}: truncated, the zip archive has no directory at its end; download it again")
    members = END_RECORD.unpack_from(tail, at)[4]
    if b"PK\x06\x07" in tail[max(at - 20, 0) : at] or members > MAX_MEMBERS:
        raise DataError(
            f"{path.name}: a zip archive of very many or very large files (limit {MAX_MEMBERS:,} members); "
            "unpack it yourself, or pack the CSV alone"
        )
    raw.seek(0)


def _member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    """The one CSV of the archive."""
    found = [member for member in archive.infolist() if _is_table(member)]
    if len(found) != 1:
        names = ", ".join(sorted(member.filename for member in found)[:5]) or "none"
        raise DataError(
            f"{path.name}: a zip archive must hold exactly one CSV file; CSV files in it: {names}. Unpack it into "
            "data/ and remove the archive"
        )
    member = found[0]
    parts = _path(member)
    if parts.is_absolute() or ".." in parts.parts or stat.S_ISLNK(member.external_attr >> 16):
        raise DataError(f"{path.name}: unsafe member {member.filename!r} in the zip archive; do not use this file")
    if member.flag_bits & 1:
        raise DataError(f"{path.name}: the zip archive is encrypted; unpack it into data/")
    return member


def _is_table(member: zipfile.ZipInfo) -> bool:
    name = _path(member)
    litter = name.name.startswith(".") or "__MACOSX" in name.parts
    return name.suffix.lower() in (".csv", ".txt") and not member.is_dir() and not litter


def _path(member: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(member.filename.replace("\\", "/"))
