import os
import subprocess
import sys
from pathlib import Path

import psutil

from tasks.tracking.passes import pass_key, process_lives, process_mark

SHOW = "from tasks.tracking.passes import pass_key; print(pass_key())"


def test_the_orchestrator_names_the_pass(monkeypatch):
    monkeypatch.setenv("PIPELINE_KEY", "prefect-17")
    monkeypatch.setenv("DVC_EXP_NAME", "ignored")
    assert pass_key() == "prefect-17"


def test_an_experiment_is_a_pass_of_its_own(monkeypatch):
    monkeypatch.delenv("PIPELINE_KEY", raising=False)
    monkeypatch.setenv("DVC_EXP_NAME", "shaky-lamb")
    monkeypatch.setenv("DVC_EXP_BASELINE_REV", "0123456789abcdef")
    assert pass_key().startswith("exp-01234567-shaky-lamb-")


def test_stages_of_one_dvc_process_share_a_key_and_two_dvc_processes_do_not(tmp_path, monkeypatch):
    monkeypatch.delenv("PIPELINE_KEY", raising=False)
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    root = Path(__file__).parents[2]
    dvc = tmp_path / "dvc"
    dvc.write_text(
        "import subprocess, sys\n"
        f"for _ in range(2): subprocess.run('{sys.executable} -c \"{SHOW}\"; true', shell=True, check=True)\n"
    )
    outputs = [
        subprocess.run([sys.executable, dvc], cwd=root, capture_output=True, text=True, check=True).stdout.split()
        for _ in range(2)
    ]
    assert outputs[0][0] == outputs[0][1]
    assert outputs[0][0] != outputs[1][0]


def test_a_stage_started_by_hand_is_a_pass_of_its_own(monkeypatch):
    for name in ("PIPELINE_KEY", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    root = Path(__file__).parents[2]
    keys = {
        subprocess.run([sys.executable, "-c", SHOW], cwd=root, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(keys) == 2


def test_a_process_that_only_nobody_has_waited_for_does_not_live():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        mark = process_mark(psutil.Process(process.pid))
        assert process_lives(mark)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays in the table of processes
        assert not process_lives(mark)
