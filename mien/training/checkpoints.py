"""Checkpoints that are whole or not there, whenever the process dies. NumPy and the standard library only.

    checkpoints/<digest of the settings>/epoch-000012/{state.json, weights.npz, optimizer.npz, best.npz, manifest.json}

A checkpoint is written beside its place, every file and the folder synced to the disk, and then renamed; the manifest
holds the SHA-256 of each file, and only a checkpoint that agrees with it is ever loaded. Training under other settings
has another folder, so its checkpoints cannot be taken by mistake, and are still there when one goes back to them.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.durable import replace, sync
from mien.errors import TrainingError

KEPT = 2
"""Newest checkpoints that are kept: one to go on from, and one for the day when that one is damaged."""

STATE, MANIFEST = "state.json", "manifest.json"
_PREFIX, _UNFINISHED = "epoch-", ".tmp"

Arrays = Mapping[str, Sequence[np.ndarray]]


@dataclass(frozen=True)
class Checkpoint:
    """All that is needed to go on after `epochs` finished epochs.

    `state` is JSON; `arrays` are groups of arrays by name, each group one file.
    """

    epochs: int
    state: Mapping[str, Any]
    arrays: Arrays


class CheckpointStore:
    """The checkpoints of training under `settings` (JSON), below the folder `root`."""

    def __init__(self, root: Path, settings: Mapping[str, Any], tell: Callable[[str], None]) -> None:
        self.root, self.tell = root, tell
        self.settings: dict[str, Any] = json.loads(json.dumps(settings))
        text = json.dumps(self.settings, sort_keys=True)
        self.folder = root / hashlib.sha256(text.encode()).hexdigest()[:16]

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint so that it survives the loss of power, then drop the oldest.

        Raises:
            TrainingError: the disk does not take it.
        """
        place = self.folder / f"{_PREFIX}{checkpoint.epochs:06d}"
        with _disk_errors(place):
            _write(place, {**checkpoint.state, "epochs": checkpoint.epochs, "settings": self.settings}, checkpoint)
            for old in _places(self.folder)[KEPT:]:
                shutil.rmtree(old)

    def newest(self) -> Checkpoint | None:
        """The newest checkpoint that is whole; says which ones are not, and why training starts anew."""
        for place in _places(self.folder):
            try:
                return _read(place)
            except (OSError, ValueError, KeyError) as error:
                self.tell(f"checkpoint {place.name} is damaged ({error}) and is not used.")
        for line in self._others():
            self.tell(line)
        return None

    def _others(self) -> Iterator[str]:
        """What is there of other settings, and in what they differ."""
        folders = [folder for folder in self.root.glob("*") if folder.is_dir() and folder != self.folder]
        for place in (place for folder in sorted(folders) for place in _places(folder)[:1]):
            try:
                state = _read(place).state
            except (OSError, ValueError, KeyError):
                continue
            yield (
                f"there is a checkpoint after {state['epochs']} epochs of other settings; it is not used and training "
                f"starts anew. It differs in {', '.join(differences(state['settings'], self.settings))}. "
                "Until a training ends, going back to those settings goes on from it."
            )

    def finish(self) -> None:
        """Training has ended and its outputs are written: keep its last checkpoint only.

        That one stays until another training ends: whoever dies before the outputs are recorded (a kill while DVC
        takes them into its cache) then trains no epoch twice.
        """
        for place in (*self.root.glob("*"), *_places(self.folder)[1:]):
            if place != self.folder:
                shutil.rmtree(place, ignore_errors=True)


def differences(there: Any, here: Any, name: str = "") -> list[str]:  # noqa: ANN401
    """Where two JSON values differ, in words: `train.batch_size (64 there, 128 here)`."""
    if isinstance(there, dict) and isinstance(here, dict):
        keys = [key for key in {**there, **here} if there.get(key) != here.get(key)]
        return [
            line for key in keys for line in differences(there.get(key), here.get(key), f"{name}.{key}".lstrip("."))
        ]
    return [f"{name} ({_short(there)} there, {_short(here)} here)"]


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _places(folder: Path) -> list[Path]:
    """Finished checkpoints, newest first."""
    places = [path for path in folder.glob(f"{_PREFIX}*") if path.suffix != _UNFINISHED]
    return sorted(places, reverse=True)


def _write(place: Path, state: Mapping[str, Any], checkpoint: Checkpoint) -> None:
    unfinished = place.with_name(place.name + _UNFINISHED)
    for old in (*place.parent.glob(f"*{_UNFINISHED}"), place):  # left by a kill; damaged, else it had been gone on from
        shutil.rmtree(old, ignore_errors=True)
    unfinished.mkdir(parents=True)
    (unfinished / STATE).write_text(json.dumps(state), encoding="utf-8")
    for group, arrays in checkpoint.arrays.items():
        np.savez(unfinished / f"{group}.npz", *arrays)
    digests = {path.name: _sha256(path) for path in sorted(unfinished.iterdir())}
    (unfinished / MANIFEST).write_text(json.dumps(digests), encoding="utf-8")
    for path in unfinished.iterdir():
        sync(path)
    replace(unfinished, place)


def _read(place: Path) -> Checkpoint:
    """Load a checkpoint that agrees with its manifest.

    Raises:
        OSError, ValueError, KeyError: it does not.
    """
    digests: dict[str, str] = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    for name, expected in digests.items():
        found = _sha256(place / name)
        if found != expected:
            raise ValueError(f"{name} has SHA-256 {found[:12]}, its manifest says {expected[:12]}")
    state = json.loads((place / STATE).read_text(encoding="utf-8"))
    groups = {name.removesuffix(".npz"): _arrays(place / name) for name in digests if name.endswith(".npz")}
    return Checkpoint(state["epochs"], state, groups)


def _arrays(path: Path) -> list[np.ndarray]:
    with np.load(path, allow_pickle=False) as stored:
        return [stored[f"arr_{number}"] for number in range(len(stored.files))]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _disk_errors(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"{place} cannot be written: {error}. The checkpoint before it stays. See to the disk, then run again: "
            "training goes on from there."
        ) from error
