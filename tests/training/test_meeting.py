"""Members of a cluster meet, here as threads of one process."""

import socket
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mien.errors import TrainingError
from mien.training import meeting
from mien.training.checkpoints import Checkpoint
from mien.training.cluster import Cluster

ABOUT = {"train": {"seed": 7}}
CHECKPOINT = Checkpoint(3, {"history": [1.5]}, {"weights": [np.arange(4.0), np.ones((2, 2))], "best": [np.zeros(1)]})


@pytest.fixture
def members():
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    names = tuple(f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners)
    for listener in listeners:
        listener.close()
    return names


@pytest.fixture
def threads():
    with ThreadPoolExecutor(4) as pool:
        yield pool


def go(threads, members, index, about=ABOUT, checkpoint=None):
    return threads.submit(meeting.meet, Cluster(members, index), about, checkpoint, lambda _: None)


def test_all_go_on_from_the_checkpoint_of_the_chief(threads, members):
    workers = [go(threads, members, index, checkpoint=None) for index in (1, 2)]
    chief = go(threads, members, 0, checkpoint=CHECKPOINT)
    for met in (chief, *workers):
        found = met.result(20)
        assert (found.epochs, found.state) == (3, {"history": [1.5]})
        assert {name: [array.tolist() for array in group] for name, group in found.arrays.items()} == {
            name: [array.tolist() for array in group] for name, group in CHECKPOINT.arrays.items()
        }


def test_without_a_checkpoint_all_begin_anew(threads, members):
    assert [met.result(20) for met in [go(threads, members, index) for index in range(3)]] == [None] * 3


def test_a_worker_that_would_learn_something_else_sends_all_home(threads, members):
    met = [go(threads, members, index, {"train": {"seed": 7 + index}}) for index in (0, 1)]
    for member in met:
        with pytest.raises(TrainingError, match=r"worker 1 .* train\.seed \(8 there, 7 here\)"):
            member.result(20)


def test_strangers_are_not_heard(threads, members):
    chief = go(threads, members[:2], 0)
    address = ("127.0.0.1", int(members[0].rpartition(":")[2]))
    for words in (b"", b"GET / HTTP/1.1\r\n\r\n", (5).to_bytes(8, "big") + b"hello"):
        for _ in range(100):
            try:
                stranger = socket.create_connection(address)
                break
            except OSError:
                threads.submit(int).result()
        with stranger:
            stranger.sendall(words)
    assert go(threads, members[:2], 1).result(20) is None
    assert chief.result(20) is None


def test_who_waits_in_vain_says_for_whom(threads, members, monkeypatch):
    monkeypatch.setattr(meeting, "WAIT_SECONDS", 0.3)
    with pytest.raises(TrainingError, match=r"worker 1 \(.*\), worker 2 \(.*\) did not come within 0 s"):
        go(threads, members, 0).result(20)
    with pytest.raises(TrainingError, match=r"chief 0 \(.*\) did not come"):
        go(threads, members, 2).result(20)


def test_a_worker_that_is_gone_before_all_are_there_is_waited_for_again(threads, members, monkeypatch):
    monkeypatch.setattr(meeting, "WAIT_SECONDS", 3.0)
    chief, second = go(threads, members, 0), go(threads, members, 2)
    address, words = members[0], f'{{"index": 1, "members": {list(members)}, "about": {ABOUT}}}'.replace("'", '"')
    while not chief.done():
        try:
            with meeting._reached(address) as dead:
                meeting._send(dead, words, {})
            break
        except OSError:
            continue
    assert go(threads, members, 1).result(20) is None
    assert (chief.result(20), second.result(20)) == (None, None)
