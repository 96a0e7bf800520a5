"""A training of several processes of this machine: `start` one of them, as `killing.start` does."""

import json
import os
import socket
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np

from mien.errors import MienError
from mien.training import meeting
from mien.training.data import FaceSet, TrainingData
from mien.training.stored import StoredImages
from mien.training.trainer import train_model
from tests.training import killing, several, tiny


def addresses(count=2):
    """Free ports of this machine."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners]


def config(members, index):
    """TF_CONFIG of one of them."""
    return json.dumps({"cluster": {"worker": members}, "task": {"type": "worker", "index": index}})


def start(folder, members, index, params, die=None, wait=60.0):
    """A member in a process of its own; it leaves `<index>.json` in `folder`, and is killed in batch `die`."""
    return killing.start(member, folder, members, index, params, die, wait)


def member(folder, members, index, params, die, wait):
    os.environ["TF_CONFIG"] = config(members, index)
    meeting.WAIT_SECONDS = wait
    if die is not None:
        killing.die_in_step(die)
    learn(folder, str(index), {**params, "strategy": "multi_worker"})


def alone(folder, params):
    """The same training in one process."""
    learn(folder, "alone", {**params, "strategy": "one"})


def learn(folder: Path, name, params):
    told, read = [], []
    note_reads(read)
    dropout = 0.0 if several.NO_CHANCE.items() <= params.items() else 0.2
    build = partial(tiny.network, dropout=dropout)
    result = {"told": told, "read": read}
    try:
        trained = train_model(on_disk(folder), tiny.params(**params), folder / name, tell=told.append, build=build)
        result |= {
            "history": several.figures(trained),
            "resumed_after": trained.resumed_after,
            "weights": trained.facts.weights_sha256,
        }
        np.savez(folder / f"{name}.npz", *trained.network.get_weights())
    except MienError as error:
        result["error"] = str(error)
    (folder / f"{name}.json").write_text(json.dumps(result))


def on_disk(folder):
    """The faces of `tiny.data(96, 31)`, read from files by position, as the stage `train` does."""
    parts = {}
    for name, count, seed in (("training", 96, 1), ("validation", 31, 2)):
        images, labels = tiny.drawn(count, seed)
        path = folder / f"{os.getpid()}.{name}.npy"
        np.save(path, images)
        parts[name] = FaceSet(((StoredImages(path), np.arange(count)),), labels)
    return TrainingData(parts["training"], parts["validation"], tiny.CLASSES)


def note_reads(read):
    """Have every batch that is read noted, by the positions of its faces."""
    real = FaceSet.images

    def images(self, index):
        read.append(index.tolist())
        return real(self, index)

    FaceSet.images = images
