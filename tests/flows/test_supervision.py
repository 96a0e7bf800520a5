"""Programs under a leash, kept running and ended; here they are small ones."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from flows.errors import FlowError
from flows.serving import program as programs
from flows.serving.ports import check_free
from flows.serving.program import Program
from flows.serving.supervisor import Supervisor
from tests.flows.servers import survivors

SLEEP = "import time; time.sleep(60)"
HEAD_AND_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])"


def python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def descendants(pid: int, count: int, besides: Sequence[psutil.Process] = ()) -> list[psutil.Process]:
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        found = [process for process in psutil.Process(pid).children(recursive=True) if process not in besides]
        if len(found) == count:
            return found
        time.sleep(0.02)
    pytest.fail(f"never {count} descendants")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ready(_program: Program) -> bool:
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_when_the_holder_of_a_leash_ends_so_does_the_whole_tree(number):
    leash = [sys.executable, "-m", "flows.serving.leash", *python(HEAD_AND_CHILD)]
    with subprocess.Popen(python(f"import subprocess; subprocess.run({leash!r})")) as holder:
        tree = descendants(holder.pid, 3)
        (tree[0] if number == signal.SIGTERM else psutil.Process(holder.pid)).send_signal(number)
        assert survivors(tree, 15) == []


def test_a_killed_head_leaves_no_child_that_holds_its_port():
    leash = [sys.executable, "-m", "flows.serving.leash", *python(HEAD_AND_CHILD)]
    with subprocess.Popen(leash) as process:
        head, child = descendants(process.pid, 2)
        head.kill()
        assert process.wait(15) != 0
        assert survivors([child], 5) == []


def test_what_dies_is_started_again_after_a_while_and_its_log_goes_on(place):
    said: list[str] = []
    once = Program("worker gpu", python("print('hello', flush=True)"), {}, ready)
    once.start()
    limit = time.monotonic() + 30
    while once.log.read_text().count("hello") < 2 and time.monotonic() < limit:
        once.look_after(said.append)
        time.sleep(0.02)
    once.ask_to_end()
    once.wait_for_end()
    assert once.log.read_text().count("hello") == 2
    assert said == ["worker gpu: died; started again in 1 s (.mien/serve/worker-gpu.log)"]


def test_what_dies_again_and_again_is_given_up_with_its_last_words(place, monkeypatch):
    monkeypatch.setattr(programs, "MAX_STRIKES", 1)
    broken = Program("MLflow server", python("raise SystemExit('the disk is full')"), {}, ready)
    broken.start()
    with pytest.raises(FlowError, match=r"(?s)MLflow server has died 2 times in a row.*the disk is full"):
        watch_for_a_while(broken)


def watch_for_a_while(program: Program) -> None:
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        program.look_after(lambda _: None)
        time.sleep(0.02)


def test_what_ends_instead_of_starting_is_told_with_its_last_words(place):
    supervisor = Supervisor(lambda _: None)
    broken = Program("Prefect server", python("raise SystemExit('no such database')"), {}, lambda _: False)
    with pytest.raises(FlowError, match=r"(?s)Prefect server did not start.*no such database"):
        supervisor.start(broken)
    supervisor.end()


def test_the_supervisor_ends_all_of_its_programs(place):
    others = psutil.Process().children(recursive=True)
    supervisor = Supervisor(lambda _: None)
    supervisor.start(Program("one", python(SLEEP), {}, ready), Program("two", python(HEAD_AND_CHILD), {}, ready))
    tree = descendants(os.getpid(), 5, others)
    supervisor.end()
    assert survivors(tree, 5) == []


def test_a_taken_port_is_refused_with_the_process_that_has_it():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(FlowError, match=f"port {port}: process {os.getpid()} has it .*--prefect-port NUMBER"):
            check_free(port, "Prefect server", "--prefect-port")
    check_free(port, "Prefect server", "--prefect-port")
