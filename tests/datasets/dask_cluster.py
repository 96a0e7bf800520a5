"""A Dask scheduler and workers as processes of their own, that can be killed."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from mien.datasets.folder import FolderReader

ROOT = Path(__file__).parents[2]
SECONDS = 60


class Slow(FolderReader):
    """Takes its time over a shard, so that a worker can be killed in the middle of one."""

    def read(self, shard):
        time.sleep(0.2)
        return super().read(shard)


class Cluster:
    """Use as a context: what was started is ended."""

    def __init__(self, folder: Path):
        self._folder, self._file = folder, folder / "scheduler.json"
        self._started: list[subprocess.Popen] = []

    def __enter__(self):
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(self._file))
        return self

    def __exit__(self, *_):
        for process in reversed(self._started):
            process.kill()
            process.wait()

    @property
    def address(self) -> str:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if self._file.exists() and (text := self._file.read_text()):
                return json.loads(text)["address"]
            time.sleep(0.1)
        raise TimeoutError((self._folder / "0.log").read_text())

    def worker(self) -> subprocess.Popen:
        """A worker with one thread and no nanny, which would start it again."""
        return self._start(
            "worker", self.address, "--no-nanny", "--nthreads", "1", "--local-directory", str(self._folder)
        )

    def _start(self, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with (self._folder / f"{len(self._started)}.log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self._started.append(process)
        return process
