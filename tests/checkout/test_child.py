import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import yaml

from flows.checkout.child import CommandFailedError, run_dvc

SLEEPER = "echo $$ > build/pid && sleep 60 && echo never > build/drawn"


def set_command(command: str) -> None:
    content = yaml.safe_load(Path("dvc.yaml").read_text())
    content["stages"]["draw"]["cmd"] = command
    Path("dvc.yaml").write_text(yaml.safe_dump(content))


def wait_until(holds, seconds: float = 20.0) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_lines_come_as_they_are_said_and_variables_reach_the_stage(repository):
    set_command("echo draw: $COLOUR && touch build/drawn")
    lines = []
    said = run_dvc("repro", "--single-item", "draw", environment={"COLOUR": "red"}, on_line=lines.append)
    assert "draw: red" in lines
    assert said == lines


def test_a_failed_command_carries_its_exit_code_and_what_it_said(repository):
    set_command("echo draw failed: no ink && exit 75")
    with pytest.raises(CommandFailedError, match="no ink") as caught:
        run_dvc("repro", "--single-item", "draw")
    assert caught.value.code == 255
    assert "draw failed: no ink" in caught.value.lines


def test_an_error_while_a_line_is_handled_ends_the_whole_tree_and_frees_the_lock(repository):
    set_command("echo $$ > build/pid && echo started && sleep 60")

    def fail(line: str) -> None:
        if line == "started":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_dvc("repro", "--single-item", "draw", on_line=fail)
    pid = int((repository / "build" / "pid").read_text())
    wait_until(lambda: not psutil.pid_exists(pid))  # whoever inherits the dead has to wait for it first
    assert not (repository / "build" / "drawn").exists()
    set_command("touch build/drawn")
    run_dvc("repro", "--single-item", "draw")


def test_killed_it_leaves_no_stage_behind(repository):
    """SIGKILL to whoever called: DVC follows by itself; a stage of this project follows DVC (tests of processes)."""
    set_command(SLEEPER)
    program = "from flows.checkout.child import run_dvc; run_dvc('repro', '--single-item', 'draw')"
    caller = subprocess.Popen([sys.executable, "-c", program])
    pid = repository / "build" / "pid"
    wait_until(lambda: pid.exists() and pid.read_text().strip())
    dvc = next(child for child in psutil.Process(caller.pid).children() if "flows.checkout.program" in child.cmdline())
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    wait_until(lambda: not dvc.is_running() or dvc.status() == psutil.STATUS_ZOMBIE)
    psutil.Process(int(pid.read_text())).kill()
