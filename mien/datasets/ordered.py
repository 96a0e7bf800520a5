"""Work in threads whose results come in the order of the work, with few results in memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ordered(work: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None) -> Iterator[Result]:
    """Yield `work(item)` for each item, in their order, from `workers` threads (default: one per core).

    Items are taken only a little ahead of the results, so that an endless source needs no endless memory; for `work`
    that leaves Python's lock alone (NumPy, OpenCV, hashlib) the cores work at the same time.
    """
    count = workers or os.cpu_count() or 1
    pending: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(count)
    try:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) > 2 * count:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
