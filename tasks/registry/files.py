"""What goes with a version: its model file, and the images it was judged on. Believed only with the right digest."""

import re
import tempfile
from pathlib import Path

from mien.errors import TrackingError
from mien.evaluation.held_out import read_held_out
from tasks.registry.entry import Registry, Version, answering
from tasks.tracking.models import MD5_TAG
from tasks.tracking.origin import file_digest

HELD_OUT_TAG = "test.held_out"
MODEL = "data/model.keras"
RECORD = re.compile(r"runs:/[0-9a-f]{32}/[A-Za-z0-9_./-]+")
"""Where `register` keeps the images: a tag is no reason to fetch from anywhere else."""


def fetch_model(registry: Registry, version: Version, folder: Path) -> Path:
    """Download the model file of a version into `folder`.

    Raises:
        TrackingError: it is not there, or not the file that was registered.
    """
    uri = f"models:/{registry.name}/{version.number}/{MODEL}"
    return _fetch(registry, version, uri, folder, MD5_TAG)


def fetch_held_out(registry: Registry, version: Version) -> frozenset[str]:
    """The images that a version was judged on, as `mien.evaluation.held_out` names them.

    Raises:
        TrackingError: nothing is recorded, the record is gone, or it is not the one that was registered.
    """
    uri = _tag(registry, version, HELD_OUT_TAG, "on which images it was judged, so it cannot be compared")
    if not RECORD.fullmatch(uri):
        raise TrackingError(f"tag {HELD_OUT_TAG} of version {version.number} names no artifact of a run: {uri[:200]}")
    with tempfile.TemporaryDirectory() as folder:
        path = _fetch(registry, version, uri, Path(folder), f"{HELD_OUT_TAG}.md5")
        return read_held_out(path.read_text(encoding="utf-8").splitlines())


def temperature(registry: Registry, version: Version) -> float:
    """The temperature that belongs to the version's probabilities."""
    return float(_tag(registry, version, "temperature", "its temperature, so its calibration cannot be judged"))


def _fetch(registry: Registry, version: Version, uri: str, folder: Path, md5_tag: str) -> Path:
    from mlflow.artifacts import download_artifacts

    expected = _tag(registry, version, md5_tag, f"the digest of {uri}, so nobody knows whether it is the right file")
    with answering(registry.store, f"{uri} is not there"):
        try:
            path = Path(download_artifacts(artifact_uri=uri, dst_path=str(folder)))
        except OSError as error:
            raise TrackingError(f"{uri} is not in the artifact store of {registry.store.shown}: {error}") from error
    if (found := file_digest(path)) != expected:
        raise TrackingError(
            f"{uri} has the MD5 {found}; registered was {expected} (tag {md5_tag} of version {version.number}). The "
            "file was changed after the registration, so it is not used. Register the model again."
        )
    return path


def _tag(registry: Registry, version: Version, key: str, meaning: str) -> str:
    if key not in version.tags:
        raise TrackingError(
            f"version {version.number} of {registry.name!r} has no tag {key!r}: it does not say {meaning}. Only "
            "versions of the stage `register` can take part; `dvc repro --force --single-item register` in the "
            "checkout that the version came from adds what is missing."
        )
    return version.tags[key]
