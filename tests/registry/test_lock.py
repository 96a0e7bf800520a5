import os
import platform
import signal
import subprocess
import sys
import threading
import time

import pytest

from mien.errors import TrackingError
from tasks.registry import lock
from tasks.registry.entry import Registry
from tasks.registry.lock import promotion_lock
from tests.flows.servers import until

pytestmark = pytest.mark.slow


def locks(registry):
    found = registry.client.search_registered_models(f"name LIKE '{registry.name}.%'")
    return [model.name for model in found]


def made_by(registry, host="elsewhere", process="1@1", mark="m1"):
    """A lock as another process makes it."""
    tags = {"lock.mark": mark, "lock.host": host, "lock.process": process}
    registry.client.create_registered_model(f"{registry.name}.promotion-lock", tags)


def hold(registry, inside, log):
    with promotion_lock(Registry(registry.store, registry.name)):
        inside.append(1)
        log.append(len(inside))
        time.sleep(0.02)
        inside.pop()


def test_only_one_thread_at_a_time_is_inside(any_registry):
    inside, log = [], []
    threads = [threading.Thread(target=hold, args=(any_registry, inside, log)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log == [1] * 6
    assert not locks(any_registry)


def test_an_error_inside_frees_the_lock(registry):
    with pytest.raises(ZeroDivisionError), promotion_lock(registry):
        raise ZeroDivisionError
    assert not locks(registry)


def test_a_lock_whose_process_is_gone_is_set_aside_at_once(any_registry):
    made_by(any_registry, host=platform.node(), process="1@1")
    started = time.monotonic()
    with promotion_lock(any_registry):
        assert time.monotonic() - started < 5
    assert locks(any_registry) == [f"{any_registry.name}.promotion-lock.m1"]


def test_a_lock_of_another_machine_is_set_aside_when_it_has_been_watched_long_enough(registry, monkeypatch):
    monkeypatch.setattr(lock, "ABANDONED_SECONDS", 1.0)
    made_by(registry)
    started = time.monotonic()
    with promotion_lock(registry):
        assert 1.0 < time.monotonic() - started < 5


def test_who_finds_a_lock_abandoned_but_is_slow_cannot_take_a_later_one(any_registry):
    made_by(any_registry, host=platform.node(), process="1@1")
    name = f"{any_registry.name}.promotion-lock"
    seen_by_the_slow_one = lock._holder(any_registry, name)
    with promotion_lock(any_registry):
        held = lock._holder(any_registry, name)
        lock._set_aside(any_registry, name, seen_by_the_slow_one)
        assert lock._holder(any_registry, name) == held


def test_a_lock_that_stays_held_ends_in_a_message_that_names_the_holder(registry, monkeypatch):
    monkeypatch.setattr(lock, "WAIT_SECONDS", 0.5)
    made_by(registry, host="training-box", process="4711@1")
    with pytest.raises(TrackingError, match="process 4711 on training-box"), promotion_lock(registry):
        pass
    assert locks(registry) == ["mien.promotion-lock"]


def test_who_holds_it_too_long_may_no_longer_write(registry, monkeypatch):
    monkeypatch.setattr(lock, "LEASE_SECONDS", 0.1)
    with promotion_lock(registry) as lease:
        lease.check()
        time.sleep(0.2)
        with pytest.raises(TrackingError, match=r"took longer than 0\.1 s"):
            lease.check()
    assert locks(registry) == ["mien.promotion-lock"]  # perhaps somebody else's by now


def test_names_of_abandoned_locks_are_free_again_after_a_while(registry, monkeypatch):
    made_by(registry, host=platform.node(), process="1@1")
    with promotion_lock(registry):
        pass
    assert locks(registry) == ["mien.promotion-lock.m1"]
    monkeypatch.setattr(lock, "KEPT_SECONDS", 0.0)
    with promotion_lock(registry):
        pass
    assert not locks(registry)


def test_a_holder_that_is_killed_does_not_hold_up_the_next_one(registry, tmp_path):
    code = (
        "import time\n"
        "from tasks.registry.entry import Registry\n"
        "from tasks.registry.lock import promotion_lock\n"
        "from tasks.tracking.store import open_store\n"
        "with promotion_lock(Registry(open_store(), 'mien')):\n"
        "    open('held', 'w').close()\n"
        "    time.sleep(600)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    try:
        until((tmp_path / "held").exists, 60, "the process holds the lock")
        os.kill(holder.pid, signal.SIGKILL)
    finally:
        holder.kill()
        holder.wait()
    assert locks(registry) == ["mien.promotion-lock"]
    started = time.monotonic()
    with promotion_lock(registry):
        assert time.monotonic() - started < 5
