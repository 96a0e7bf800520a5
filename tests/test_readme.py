"""Every command of the README, run as a stranger would: in a fresh clone with an empty environment."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mien.datasets.synthetic import generate, write_csv

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ELSEWHERE = {"uv run pytest"}
"""Commands that .ci/run itself calls, this test among them."""

pytestmark = pytest.mark.slow


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[str]:
    return [line for block in blocks("bash") for line in block.splitlines() if line.strip()]


class Stranger:
    """Somebody with an empty home, uv and git."""

    def __init__(self, home: Path) -> None:
        self.folder = home
        keep = {name: os.environ[name] for name in os.environ if name.startswith(("UV_", "PIP_", "SSL_", "LANG"))}
        cache = subprocess.run(["uv", "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
        self.environment = {**keep, "UV_CACHE_DIR": cache, "HOME": str(home), "PATH": os.environ["PATH"]}
        self.environment["PATH"] = os.pathsep.join(
            place for place in self.environment["PATH"].split(os.pathsep) if ".venv" not in place
        )

    def run(self, command: str) -> str:
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.environment[name] = value
            return ""
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    @contextmanager
    def started(self, command: str, address: str) -> Iterator[None]:
        """`command` in the background, once `address` answers."""
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"], cwd=self.folder, env=self.environment, start_new_session=True
        )
        try:
            wait_for(address)
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def wait_for(address: str) -> None:
    for _ in range(180):
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"nothing answers at {address}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_ci_calls_the_commands_of_the_readme():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in ("uv run pytest", "uv run dvc repro --pull"):
        assert command in commands()
        assert re.search(rf"^{command}$", ci, flags=re.MULTILINE)


def test_the_commands_of_the_readme_work_in_a_fresh_clone(tmp_path):
    stranger = Stranger(tmp_path)
    port = free_port()
    downloads = tmp_path / "Downloads"
    downloads.mkdir()
    write_csv(downloads / "fer2013.csv", generate(rows=400, seed=5))
    stranger.run(f"git clone -q {ROOT} mien")
    stranger.folder = tmp_path / "mien"
    for command in commands():
        if command in ELSEWHERE:
            continue
        if command == "uv run mlflow ui":
            with stranger.started(f"{command} --port {port}", f"http://127.0.0.1:{port}/health"):
                pass
        elif command.startswith("export MLFLOW_TRACKING_URI"):
            break
        else:
            said = stranger.run(command)
            if command == "uv run dvc repro --pull":
                assert "official accuracy" in said
                assert "build/evaluate/report.html" in said
    with stranger.started(f"uv run mlflow server --port {port}", f"http://127.0.0.1:{port}/health"):
        for late in commands()[commands().index(command) :]:
            stranger.run(late.replace(":5000", f":{port}"))
    for program in blocks("python"):
        (tmp_path / "mien" / "example.py").write_text(program)
        assert "angry" in stranger.run("uv run python example.py")
    stranger.run("uv sync --extra gpu --dry-run")
