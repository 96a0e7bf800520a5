"""Where a study is kept: a file below .mien/, or the database that `MIEN_SWEEP_STORAGE` names, for several machines."""

import os
import warnings
from pathlib import Path

from filelock import FileLock
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalStorage
from sqlalchemy.exc import SQLAlchemyError

from mien.errors import SweepError

STORAGE = "MIEN_SWEEP_STORAGE"
FOLDER, JOURNAL = Path(".mien/sweep"), "study.journal"
HEARTBEAT_SECONDS = 30


def study_folder(name: str) -> Path:
    """What this checkout has of a study: its file, the checkpoints of trials that run."""
    return FOLDER / name


def open_storage(name: str) -> BaseStorage:
    """The place of the study `name`, made where it is missing.

    A file takes many processes of one machine: it is Optuna's journal, which only grows. In a database each trial says
    that it lives, so that one whose machine has gone down is repeated by another.

    Raises:
        SweepError: the database does not answer, or is one that many processes cannot share.
    """
    url = os.environ.get(STORAGE)
    return _database(url) if url else _journal(_file(name))


def check_there(name: str) -> None:
    """Raise FileNotFoundError where there is no file of the study; a database is asked when it is opened."""
    if not os.environ.get(STORAGE) and not _file(name).exists():
        raise FileNotFoundError(_file(name))


def where(name: str) -> str:
    """The place of the study `name`, for people."""
    return f"the database of {STORAGE}" if os.environ.get(STORAGE) else str(_file(name).parent.resolve())


def known() -> list[str]:
    """Names of the studies in files of this checkout, the newest first."""
    files = sorted(FOLDER.glob(f"*/{JOURNAL}"), key=lambda path: -path.stat().st_mtime)
    return [path.parent.name for path in files]


def _file(name: str) -> Path:
    return study_folder(name) / JOURNAL


def _journal(path: Path) -> BaseStorage:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = _SystemLock(str(path))
    lock.acquire()
    try:
        _cut_torn_line(path)
    finally:
        lock.release()
    return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))


def _cut_torn_line(path: Path) -> None:
    """Remove what a machine that went down has left of a line: Optuna would write the next one behind it."""
    if path.exists() and (content := path.read_bytes()) and not content.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(content.rfind(b"\n") + 1)


class _SystemLock(JournalFileOpenLock):
    """The operating system's lock: it ends with its process, where Optuna's own has to be waited for half a minute."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._lock = FileLock(f"{path}.flock")

    def acquire(self) -> bool:
        """Wait for the lock and take it."""
        self._lock.acquire()
        return True

    def release(self) -> None:
        """Give it back."""
        self._lock.release()


def _database(url: str) -> BaseStorage:
    if url.startswith("sqlite"):
        raise SweepError(
            f"{STORAGE}: SQLite does not bear several processes. Name a PostgreSQL or MySQL database "
            "(postgresql://user:password@host/name), or unset it: then the study is a file below .mien/."
        )
    try:
        with warnings.catch_warnings(category=ExperimentalWarning, action="ignore"):
            return RDBStorage(url, engine_kwargs={"pool_pre_ping": True}, heartbeat_interval=HEARTBEAT_SECONDS)
    except (SQLAlchemyError, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise SweepError(f"the database of {STORAGE} cannot be used: {reason}. Nothing was run.") from error
