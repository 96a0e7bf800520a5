"""Every command of the README, run as a stranger would: in a fresh clone with an empty environment."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import reduce
from pathlib import Path

import pytest

from mien.datasets.synthetic import generate, write_csv
from tests.flows.projects import QUICK, git, set_params
from tests.flows.servers import answers, free_port, until

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SERVE = "uv run python -m flows.serve"
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
    def started(self, command: str, address: str, word: str = "") -> Iterator[None]:
        """`command` in the background, once `address` answers and it has said `word`."""
        log = self.folder / "started.log"
        with log.open("w") as stream:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self.folder,
                env=self.environment,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        try:
            wait_for(address)
            until(lambda: word in log.read_text(), 120, f"{command} says {word}")
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def wait_for(address: str) -> None:
    until(lambda: answers(address), 120, f"{address} answers")


def make_quick(checkout: Path) -> None:
    """Commit params of a training that ends soon and passes every gate; .ci/run itself runs the stock ones."""
    set_params(checkout, QUICK)
    git(checkout, "-c", "user.name=tests", "-c", "user.email=tests@localhost", "commit", "-qam", "Quick")


def test_ci_calls_the_commands_of_the_readme():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in ("uv run pytest", "uv run dvc repro --pull"):
        assert command in commands()
        assert re.search(rf"^{command}$", ci, flags=re.MULTILINE)


def test_the_commands_of_the_readme_work_in_a_fresh_clone(tmp_path):
    stranger = Stranger(tmp_path)
    (tmp_path / "Downloads").mkdir()
    write_csv(tmp_path / "Downloads" / "fer2013.csv", generate(rows=2000, seed=5))
    stranger.run(f"git clone -q {ROOT} mien")
    stranger.folder = tmp_path / "mien"
    make_quick(stranger.folder)
    ports = {":4200": f":{free_port()}", ":5000": f":{free_port()}"}
    said = {}
    with ExitStack() as servers:
        for command in commands():
            if command == SERVE:
                flags = f"--prefect-port {ports[':4200'][1:]} --mlflow-port {ports[':5000'][1:]}"
                address = f"http://127.0.0.1{ports[':4200']}/api/health"
                servers.enter_context(stranger.started(f"{command} {flags}", address, "Ctrl-C ends"))
            elif command == "uv run mlflow ui":
                address = f"http://127.0.0.1{ports[':5000']}/health"
                with stranger.started(f"{command} --port {ports[':5000'][1:]}", address):
                    pass
            elif command not in ELSEWHERE:
                said[command] = stranger.run(reduce(lambda text, port: text.replace(*port), ports.items(), command))
    assert "official accuracy" in said["uv run dvc repro --pull"]
    assert "build/evaluate/report.html" in said["uv run dvc repro --pull"]
    assert "finished successfully" in said["uv run prefect deployment run pipeline/pipeline --watch"]
    assert "champion" in said["uv run python -m flows.promote"]
    for program in blocks("python"):
        (tmp_path / "mien" / "example.py").write_text(program)
        assert "angry" in stranger.run("uv run python example.py")
    stranger.run("uv sync --extra gpu --dry-run")
