import json
import subprocess
import sys

import keras
import pytest

from mien.training import devices


def test_what_there_is_is_told_as_one_line_of_json(capsys, monkeypatch):
    monkeypatch.setattr(devices, "gpus", lambda: ["NVIDIA H200", "NVIDIA H200"])
    devices.main()
    told = json.loads(capsys.readouterr().out)
    assert told == {"backend": keras.backend.backend(), "gpus": 2, "names": ["NVIDIA H200"] * 2}


@pytest.mark.slow
def test_a_process_of_its_own_counts_the_gpus():
    child = subprocess.run([sys.executable, "-m", devices.__name__], capture_output=True, text=True, check=True)
    told = json.loads(child.stdout)
    assert told["backend"] == keras.backend.backend()
    assert told["gpus"] == len(told["names"]) == len(devices.gpus())
