"""One supervisor for a checkout."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from flows.errors import FlowError
from flows.serving.program import LOGS


@contextmanager
def only_one() -> Iterator[None]:
    """Hold this checkout against a second call; the operating system ends the hold with this process.

    Raises:
        FlowError: somebody holds it.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    lock = FileLock(LOGS / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise FlowError("this checkout is served already: one `python -m flows.serve` at a time.") from error
    with lock:
        yield
