"""How often and when it is tried again what has failed for a reason that may pass."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

from prefect.tasks import exponential_backoff

from flows.errors import PassingError
from flows.recovery.watch import STARTED_BY_WORKER

T = TypeVar("T")

RETRIES = 4
DELAYS = exponential_backoff(5)
"""Seconds before each of so many retries: 5, 10, 20, 40."""


def patiently(call: Callable[[], T], tell: Callable[[str], None]) -> T:
    """What the call returns, tried again where nobody watches; who runs it from a terminal hears of it at once.

    Args:
        call: the same each time.
        tell: takes lines for people.

    Raises:
        PassingError: so did the last try.
    """
    for seconds in DELAYS(RETRIES) if STARTED_BY_WORKER in os.environ else ():
        try:
            return call()
        except PassingError as error:
            tell(f"{error} Tried again in {seconds:.0f} s.")
            time.sleep(seconds)
    return call()
