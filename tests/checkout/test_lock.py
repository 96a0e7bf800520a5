import subprocess
import sys
import time

from flows.checkout.lock import only_run

HOLD = """
import sys, time
from flows.checkout.lock import only_run
with only_run("first", print):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_waits_says_for_whom_and_goes_on_when_the_first_one_is_killed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "held\n"
    told = []

    def tell(line: str) -> None:
        told.append(line)
        first.kill()

    started = time.monotonic()
    with only_run("second", tell):
        pass
    first.wait()
    first.stdout.close()
    assert told == [f"waiting: first (process {first.pid}) runs in this checkout"]
    assert time.monotonic() - started < 30
