"""One run at a time in a checkout."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

FOLDER = Path(".mien")
TELL_SECONDS = 60.0


@contextmanager
def only_run(name: str, tell: Callable[[str], None], what: str = "pipeline") -> Iterator[None]:
    """Hold the checkout, or another thing in it; waits for the run that holds it, and says so now and then.

    The lock is the operating system's: it ends with the process that holds it, however that ends.

    Args:
        name: who holds it, for those who wait.
        tell: takes lines for people.
        what: name of the lock, one for each thing of which there is one in a checkout.
    """
    path = lock_file(what)
    lock, holder = FileLock(path), path.with_suffix(".json")
    wait = 0.0
    while True:
        try:
            lock.acquire(timeout=wait)
            break
        except Timeout:
            tell(f"waiting: {_known(holder)} runs in this checkout")
            wait = TELL_SECONDS
    try:
        holder.write_text(json.dumps({"run": name, "pid": os.getpid()}) + "\n", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def lock_file(what: str = "pipeline") -> Path:
    """The file whose lock holds the checkout, or another thing in it."""
    FOLDER.mkdir(exist_ok=True)
    return (FOLDER / what).resolve().with_suffix(".lock")


def _known(holder: Path) -> str:
    try:
        known = json.loads(holder.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # it is just being written or removed
        return "another run"
    return f"{known['run']} (process {known['pid']})"
