"""Work done elsewhere whose results come in the order of the work, with few results in memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result", covariant=True)


class Pending(Protocol[Result]):
    """A result that is still to come: a future of a pool or of a cluster."""

    def result(self) -> Result:
        """Wait for it."""


def in_order(
    submit: Callable[[Item], Pending[Result]], items: Iterable[Item], ahead: Callable[[], int]
) -> Iterator[Result]:
    """Yield the result of each item, in their order.

    Args:
        submit: begins the work on one item.
        items: taken only a little ahead of the results, so that an endless source needs no endless memory.
        ahead: how many items may be begun and not yet yielded; asked again and again.
    """
    pending: deque[Pending[Result]] = deque()
    for item in items:
        pending.append(submit(item))
        while len(pending) > ahead():
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


def ordered(work: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None) -> Iterator[Result]:
    """Yield `work(item)` for each item, in their order, from `workers` threads (default: one per core).

    For `work` that leaves Python's lock alone (NumPy, OpenCV, hashlib) the cores work at the same time.
    """
    count = workers or os.cpu_count() or 1
    pool = ThreadPoolExecutor(count)
    try:
        yield from in_order(lambda item: pool.submit(work, item), items, lambda: 2 * count)
    finally:
        pool.shutdown(cancel_futures=True)
