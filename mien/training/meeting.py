"""All members of a cluster meet before they learn, so that none waits for ever for one that never comes.

TensorFlow waits without end, and does not notice members that would learn something else. Here each worker calls the
chief at its address; the chief compares what everybody is about to learn, and sends the checkpoint to go on from, which
it alone has. Then all close, and TensorFlow takes over the addresses. As there, whoever reaches the addresses is
trusted: they belong into a network of one's own.

A message is its length (8 bytes, big-endian) and so many bytes of an .npz file without pickles.
"""

import io
import json
import select
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import Any

import numpy as np

from mien.errors import TrainingError
from mien.training.checkpoints import Arrays, Checkpoint, differences
from mien.training.cluster import Cluster

WAIT_SECONDS = 600.0
"""How long members wait for each other: machines of a queue do not start at once."""

RETRY_SECONDS = 0.2
CALL_SECONDS, ANSWER_SECONDS = 5.0, 60.0
"""How long a worker's call may take on its way, and an answer, which may hold a checkpoint."""

CALL_BYTES, ANSWER_BYTES = 16 << 20, 8 << 30
"""How long they may be."""

_TEXT = "text"

Tell = Callable[[str], None]


def meet(cluster: Cluster, about: Mapping[str, Any], checkpoint: Checkpoint | None, tell: Tell) -> Checkpoint | None:
    """Wait until all are there and agree.

    Args:
        cluster: who.
        about: all that is learnt (JSON); must be the same in all processes.
        checkpoint: the chief's; of no meaning with the others.
        tell: takes lines for people.

    Returns:
        The chief's checkpoint, with everybody.

    Raises:
        TrainingError: one does not come in time, or is about to learn something else.
    """
    about = json.loads(json.dumps(about))
    tell(f"{cluster.name} of {len(cluster.members)} waits for the others, {WAIT_SECONDS:.0f} s at most.")
    if cluster.is_chief:
        _gather(cluster, about, checkpoint)
        return checkpoint
    return _call(cluster, about)


def _gather(cluster: Cluster, about: Mapping[str, Any], checkpoint: Checkpoint | None) -> None:
    """The chief: take a call of every worker, then answer all."""
    deadline = time.monotonic() + WAIT_SECONDS
    callers: dict[int, socket.socket] = {}
    with ExitStack() as stack:
        listener = stack.enter_context(_listener(cluster))
        while missing := set(range(1, len(cluster.members))) - callers.keys():
            if not select.select([listener], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise _nobody(cluster, sorted(missing))
            _take(stack.enter_context(listener.accept()[0]), cluster, about, callers)
            callers = {index: caller for index, caller in callers.items() if not _gone(caller)}
        _answer(callers, {"go": True, **_header(checkpoint)}, checkpoint.arrays if checkpoint else {})


def _take(caller: socket.socket, cluster: Cluster, about: Mapping[str, Any], callers: dict[int, socket.socket]) -> None:
    """Put a worker that calls among the `callers`; whoever else calls is not heard."""
    try:
        caller.settimeout(CALL_SECONDS)
        said = json.loads(_receive(caller, CALL_BYTES)[1])
        index, there = int(said["index"]), {**said["about"], "cluster": said["members"]}
        name = cluster.members[index]
    except (OSError, ValueError, LookupError, TypeError):
        return
    if index in callers:  # two of one index, or one that was started anew
        _answer({index: callers[index]}, {"go": False, "fault": f"another process has come as {name}."}, {})
    callers[index] = caller
    if there != (here := {**about, "cluster": list(cluster.members)}):
        fault = (
            f"{cluster.called(index)} is about to learn something else than the chief: "
            f"{', '.join(differences(there, here))}. All need the same code, data, params.yaml and cluster."
        )
        _answer(callers, {"go": False, "fault": fault}, {})
        raise TrainingError(fault)


def _gone(caller: socket.socket) -> bool:
    """Whether a worker that waits for its answer, and says nothing more, is there no longer."""
    return bool(select.select([caller], [], [], 0.0)[0])


def _call(cluster: Cluster, about: Mapping[str, Any]) -> Checkpoint | None:
    """A worker: call the chief until it answers."""
    deadline = time.monotonic() + WAIT_SECONDS
    words = json.dumps({"index": cluster.index, "members": cluster.members, "about": about})
    while True:
        with suppress(OSError), _reached(cluster.members[0]) as chief:
            _send(chief, words, {})
            chief.settimeout(max(0.0, deadline - time.monotonic()) + ANSWER_SECONDS)
            arrays, text = _receive(chief, ANSWER_BYTES)
            return _heard(json.loads(text), arrays)
        if time.monotonic() > deadline:
            raise _nobody(cluster, [0])
        time.sleep(RETRY_SECONDS)


def _heard(answer: Mapping[str, Any], arrays: Mapping[str, list[np.ndarray]]) -> Checkpoint | None:
    if not answer["go"]:
        raise TrainingError(answer["fault"])
    return Checkpoint(answer["epochs"], answer["state"], arrays) if answer["epochs"] else None


def _header(checkpoint: Checkpoint | None) -> dict[str, Any]:
    return {"epochs": checkpoint.epochs, "state": dict(checkpoint.state)} if checkpoint else {"epochs": 0}


def _answer(callers: Mapping[int, socket.socket], words: Mapping[str, Any], arrays: Arrays) -> None:
    for caller in callers.values():
        with suppress(OSError):  # gone meanwhile: TensorFlow will say so
            _send(caller, json.dumps(words), arrays)


def _listener(cluster: Cluster) -> socket.socket:
    """On the port of the chief, which is this process."""
    host, _, port = cluster.members[0].rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    try:
        return socket.create_server(("", int(port)), family=family, backlog=len(cluster.members))
    except OSError as error:
        raise TrainingError(
            f"{cluster.name} cannot use its port: {error}. Does another training run there? TF_CONFIG needs free ports."
        ) from error


def _reached(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS)


def _send(connection: socket.socket, text: str, arrays: Arrays) -> None:
    """One message: `text`, and arrays in groups by name."""
    content = io.BytesIO()
    flat = {f"{group}/{number}": array for group, several in arrays.items() for number, array in enumerate(several)}
    everything: dict[str, Any] = {_TEXT: np.frombuffer(text.encode(), np.uint8), **flat}
    np.savez(content, **everything)
    connection.settimeout(ANSWER_SECONDS)
    connection.sendall(content.tell().to_bytes(8, "big"))
    connection.sendall(content.getbuffer())


def _receive(connection: socket.socket, most: int) -> tuple[dict[str, list[np.ndarray]], str]:
    """Arrays and text of a message of at most so many bytes.

    Raises:
        OSError, ValueError, KeyError: what came is none.
    """
    with connection.makefile("rb") as stream:
        length = int.from_bytes(stream.read(8), "big")
        content = stream.read(length) if length <= most else b""
    if not content or len(content) < length:
        raise OSError("what came is no message")
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        groups: dict[str, list[np.ndarray]] = {}
        for name in stored.files:
            if name != _TEXT:
                groups.setdefault(name.split("/")[0], []).append(stored[name])
        return groups, stored[_TEXT].tobytes().decode()


def _nobody(cluster: Cluster, missing: list[int]) -> TrainingError:
    names = ", ".join(cluster.called(index) for index in missing)
    return TrainingError(
        f"{names} did not come within {WAIT_SECONDS:.0f} s, so {cluster.name} ends. Start all members of TF_CONFIG's "
        "cluster: the chief as always (`dvc repro`), each other one with `python -m tasks.train_worker`, and see that "
        "they reach each other's addresses."
    )
