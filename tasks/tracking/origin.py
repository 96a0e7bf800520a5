"""Where a run comes from: commit, version of the data, machine and packages."""

import hashlib
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psutil
import yaml

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

DATA = Path("data.dvc")


def origin() -> dict[str, str]:
    """Where the code comes from: git commit, and whether the work tree differs from it."""
    tags = {
        "mlflow.user": psutil.Process().username(),
        "mlflow.source.name": "dvc.yaml",
        "mlflow.source.type": "PROJECT",
        "data.md5": data_digest() or "untracked",
    }
    if head := commit():
        tags["mlflow.source.git.commit"] = head
        tags["git.dirty"] = dirty()
    return tags


def commit() -> str:
    """Hash of the commit that is checked out, empty outside a repository."""
    return _git("rev-parse", "HEAD")


def dirty() -> str:
    """Say `true` when tracked files differ from the commit, else `false`."""
    return str(bool(_git("status", "--porcelain", "--untracked-files=no"))).lower()


def file_digest(path: Path) -> str:
    """MD5 of a file, the hash that DVC uses."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _git(*words: str) -> str:
    """Output of a git command, empty where there is no git or no repository."""
    try:
        return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def data_digest() -> str | None:
    """DVC's hash of data/, None when it is not tracked."""
    if not DATA.exists():
        return None
    outs = yaml.safe_load(DATA.read_text(encoding="utf-8"))["outs"]
    return str(outs[0].get("md5")) if outs[0].get("md5") else None


def data_input(context: str) -> "DatasetInput":
    """The data set as an input of a run, with DVC's hash as its digest, without reading it."""
    from mlflow.data import sources
    from mlflow.data.meta_dataset import MetaDataset
    from mlflow.entities import DatasetInput, InputTag

    source = cast("Any", sources).LocalArtifactDatasetSource("data")
    dataset: Any = cast("Any", MetaDataset)(source, name="data", digest=data_digest() or "untracked")
    return DatasetInput(dataset._to_mlflow_entity(), [InputTag("mlflow.data.context", context)])


def environment() -> dict[str, Any]:
    """Python, machine and the version of every installed package."""
    packages = {str(dist.metadata["Name"]): dist.version for dist in metadata.distributions()}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "packages": dict(sorted(packages.items(), key=lambda item: item[0].lower())),
    }
