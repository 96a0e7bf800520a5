"""Whether the worker's packages are those that the commit is locked to."""

import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from flows.errors import FlowError

PROJECT = "mien"


def check_packages(lock: Path) -> None:
    """See that what the project depends on is installed here as `uv.lock` says.

    A worker that trains with another Keras or NumPy trains something else, and nobody would see it: so it refuses.
    What dependencies depend on in turn is not compared: a worker with a GPU has other ones.

    Raises:
        FlowError: versions differ, or a package is missing.
    """
    if wrong := list(_differences(lock)):
        raise FlowError(
            f"this worker's packages are not those of the commit: {'; '.join(wrong)}. On the worker: `git pull`, "
            "`uv sync` (with `--extra gpu` for one with a GPU), and start the worker again."
        )


def _differences(lock: Path) -> Iterator[str]:
    if not lock.exists():  # somebody who does not use uv: nothing to compare with
        return
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    project = next(package for package in packages if package["name"] == PROJECT)
    for name in sorted({dependency["name"] for dependency in project["dependencies"]}):
        locked = {package["version"] for package in packages if package["name"] == name}
        installed = _installed(name)
        if installed not in locked:
            yield f"{name} {installed or 'is missing'} instead of {' or '.join(sorted(locked))}"


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
