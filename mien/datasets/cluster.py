"""Making shards on a Dask cluster: one task a shard, joined here. The files are those that this machine would make.

The workers run in the same checkout, at the same path, on a disk that all machines share: a task gets names and raw
lines, reads the pictures itself and leaves its shard in the scratch folder.
"""

import socket
import uuid
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mien import images
from mien.datasets.ordered import in_order
from mien.datasets.reader import Reader, Shard
from mien.datasets.shards import Finished, code_digest, finish
from mien.errors import DataError

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 5
WORKER_SECONDS = 20
"""How long a scheduler without a worker is waited for, at the start and when all have died."""

START = "uv run dask worker {address}"
KEPT = "What is finished is kept: the next ingest goes on from there"


def make_shards_on(address: str, reader: Reader, scratch: Path) -> Iterator[Finished]:
    """Make all shards of a reader on a cluster; they come in their order.

    When a worker dies, the others do its shards again.

    Args:
        address: of the scheduler, as `tcp://host:8786`.
        reader: the source.
        scratch: folder of finished shards, made where it is missing.

    Raises:
        DataError: as `mien.datasets.shards.finish`; no scheduler, no worker, or workers that see another folder or have
            other code.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    mark = scratch.resolve() / f".{uuid.uuid4().hex}"
    mark.touch()
    there: Reader = replace(reader, root=reader.root.resolve())  # type: ignore[type-var]
    with _connected(address) as client:
        task = Task(there, mark, code_digest())
        yield from in_order(
            lambda shard: Waiting(client, client.submit(task, shard, pure=False), shard),
            reader.shards(),
            lambda: 2 * sum(client.nthreads().values()) + 2,
        )


@dataclass(frozen=True)
class Task:
    """What a worker does with a shard. `mark` is a file beside the finished shards that it must see."""

    reader: Reader
    mark: Path
    code: str

    def __call__(self, shard: Shard) -> Finished:
        """Make the shard.

        Raises:
            DataError: as `make_shards_on`.
        """
        if not (self.mark.exists() and self.reader.root.is_dir()):
            raise DataError(
                f"a Dask worker on {socket.gethostname()} does not see {self.mark.parent}: the folder of the project "
                "must be on a disk that all workers share, at the same path; start them there"
            )
        if code_digest() != self.code:
            raise DataError(
                f"a Dask worker on {socket.gethostname()} has other code, or other versions of NumPy, OpenCV or Arrow, "
                "than this ingest, so its faces might differ; start it again in the project's folder, "
                f"with its environment: {START.format(address='ADDRESS')}"
            )
        with images.quiet():
            return finish(self.reader, shard, self.mark.parent)


@dataclass(frozen=True)
class Waiting:
    """A shard that a worker is making."""

    client: "Client"
    future: "Future"
    shard: Shard

    def result(self) -> Finished:
        """Wait for it, as long as there are workers.

        Raises:
            DataError: as `make_shards_on`.
        """
        from distributed import KilledWorker

        try:
            while True:
                try:
                    made: Finished = self.future.result(timeout=WORKER_SECONDS)
                except TimeoutError:
                    _need_worker(self.client)
                else:
                    return made
        except KilledWorker as error:
            raise DataError(
                f"shard {self.shard.name}: {error.allowed_failures + 1} Dask workers died in it, the last one on "
                f"{error.last_worker.address}; its log may say why (memory?). {KEPT}"
            ) from error
        except (CancelledError, OSError) as error:
            raise DataError(f"the Dask scheduler has gone while shards were made ({error}). {KEPT}") from error


@contextmanager
def _connected(address: str) -> "Iterator[Client]":
    try:
        from distributed import Client
    except ImportError as error:
        raise DataError("ingest.dask needs the package distributed: uv sync --extra dask") from error
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise DataError(
            f"no Dask scheduler answers at {address} (ingest.dask) within {CONNECT_SECONDS} s. Start one with "
            "`uv run dask scheduler` and write the address that it prints into params.yaml, or set ingest.dask to null "
            "to ingest on this machine alone"
        ) from error
    with client:
        _need_worker(client)
        yield client


def _need_worker(client: "Client") -> None:
    """Wait for a worker for a while."""
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError as error:
        address = client.scheduler.address
        raise DataError(
            f"the Dask scheduler at {address} has no worker. Start one or more in the project's folder, which must be "
            f"on a disk that they share: {START.format(address=address)}. {KEPT}"
        ) from error
