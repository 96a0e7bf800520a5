"""A PostgreSQL of the test's own."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.flows.servers import START_SECONDS, free_port, program, until


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL cluster of its own; yields the URI of its empty database."""
    tools = _postgres_tools()
    port = free_port()
    # PostgreSQL refuses to run as root; pytest's own folders are closed to anybody else.
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="mien-postgres-") as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, "postgres", "postgres")
        cluster = ["--pgdata", str(folder / "data"), "--auth", "trust", "--username", "mien", "--no-sync"]
        subprocess.run([str(tools / "initdb"), *cluster], check=True, capture_output=True, cwd=folder, **user)
        words = ["-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder)]
        with program([str(tools / "postgres"), *words], folder, {}, **user) as started:
            ready = [str(tools / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
            until(lambda: subprocess.run(ready, check=False).returncode == 0, START_SECONDS, "PostgreSQL is ready")
            yield f"postgresql://mien@127.0.0.1:{port}/postgres"
            started.process.send_signal(signal.SIGINT)  # killed, it would leave shared memory behind
            started.process.wait()


def _postgres_tools() -> Path:
    """The folder of PostgreSQL's programs; Debian keeps them out of PATH."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = places[-1] if places else shutil.which("initdb")
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return Path(found).resolve().parent
