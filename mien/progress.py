"""Progress of long work: a live bar with rate and time left on a terminal, a line now and then in a pipe."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

PIPE_INTERVAL = 10.0
"""Seconds between two lines where the output is no terminal."""


class Meter:
    """Counts units of work done; made by `meter`."""

    def __init__(self, title: str, total: int | None, bar: Progress | None) -> None:
        self.title, self.total, self.done = title, total, 0
        self._before = 0
        self._bar = bar
        self._task: TaskID | None = bar.add_task(title, total=total, rate="") if bar else None
        self._started = self._last = time.monotonic()

    def advance(self, count: int = 1, note: str = "") -> None:
        """`count` more units are done; `note` stands behind the rate (a loss, say)."""
        self.done += count
        now = time.monotonic()
        rate = (self.done - self._before) / max(now - self._started, 1e-9)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self.done, rate=f"{rate:,.0f}/s {note}" if rate >= 1 else note)
        elif now - self._last >= PIPE_INTERVAL:
            self._last = now
            print(self._line(rate, note), file=sys.stderr, flush=True)

    def skip(self, count: int) -> None:
        """`count` units were done by an earlier run; they say nothing about the rate."""
        self._before += count
        self.advance(count)

    def _line(self, rate: float, note: str) -> str:
        if self.total is None:
            return f"{self.title}: {self.done:,} done, {rate:,.1f}/s {note}".rstrip()
        left = (self.total - self.done) / max(rate, 1e-9)
        share = self.done / max(self.total, 1)
        done = f"{self.done:,} of {self.total:,} ({share:.0%})"
        return f"{self.title}: {done}, {left:.0f} s left, {rate:,.1f}/s {note}".rstrip()


@contextmanager
def meter(title: str, total: int | None) -> Iterator[Meter]:
    """A `Meter` for `total` units (None when unknown), shown on standard error."""
    if not sys.stderr.isatty():
        yield Meter(title, total, None)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Meter(title, total, bar)
