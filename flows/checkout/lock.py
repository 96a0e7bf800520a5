"""One run at a time in a checkout."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

LOCK = Path(".mien/pipeline.lock")
HOLDER = Path(".mien/pipeline.json")
TELL_SECONDS = 60.0


@contextmanager
def only_run(name: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Hold the checkout; waits for the run that holds it, and says so now and then.

    The lock is the operating system's: it ends with the process that holds it, however that ends.
    """
    LOCK.parent.mkdir(exist_ok=True)
    lock = FileLock(LOCK)
    wait = 0.0
    while True:
        try:
            lock.acquire(timeout=wait)
            break
        except Timeout:
            tell(f"waiting: {_holder()} runs in this checkout")
            wait = TELL_SECONDS
    try:
        HOLDER.write_text(json.dumps({"run": name, "pid": os.getpid()}) + "\n", encoding="utf-8")
        yield
    finally:
        HOLDER.unlink(missing_ok=True)
        lock.release()


def _holder() -> str:
    try:
        known = json.loads(HOLDER.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # it is just being written or removed
        return "another run"
    return f"{known['run']} (process {known['pid']})"
