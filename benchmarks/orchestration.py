"""What does the flow cost? `python -m flows.pipeline` against `dvc repro`, with nothing to do and per executed stage.

    python benchmarks/orchestration.py [--repetitions 5] [--rows 300]

A clone of this checkout's HEAD in a temporary folder, drawn faces, a Prefect server of its own. Both ways in turn;
medians, and the median of the differences of neighbours, which a busy machine disturbs least. The stages that are
executed are those before training, whose seconds would hide everything else. The aims: with nothing to do at most
1.5 times DVC's seconds plus 3; at most one second for each executed stage.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

from mien.datasets.synthetic import generate, write_csv

ROOT = Path(__file__).parents[1]
EARLY = ("ingest", "validate", "clean", "split", "augment")


def main() -> None:
    """Measure and print."""
    options = arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checkout = clone(folder, options.rows)
        with prefect_server(folder) as environment:
            call(checkout, environment, *FLOW, *EARLY)
            early = [seconds_of_both(checkout, environment, EARLY, force=True) for _ in range(options.repetitions)]
            idle = [seconds_of_both(checkout, environment, EARLY, force=False) for _ in range(options.repetitions)]
    show("nothing to do", idle)
    dvc = statistics.median(pair[0] for pair in idle)
    print(f"  aim: at most {1.5 * dvc + 3:.2f} s")
    show(f"{len(EARLY)} stages executed", early)
    each = statistics.median((flow - dvc) / len(EARLY) for dvc, flow in early)
    print(f"  {each:.2f} s for each stage, its share of the start of the flow included; aim: at most 1 s")


DVC = (sys.executable, "-m", "dvc", "repro")
FLOW = (sys.executable, "-m", "flows.pipeline", "--local")


def seconds_of_both(checkout: Path, environment: dict[str, str], stages: tuple[str, ...], force: bool):
    """Seconds of DVC and of the flow, one after the other."""
    flags = ["--force"] if force else []
    return tuple(timed(checkout, environment, *program, *flags, *stages) for program in (DVC, FLOW))


def timed(*call_arguments) -> float:
    """Wall seconds of a program."""
    started = time.perf_counter()
    call(*call_arguments)
    return time.perf_counter() - started


def call(checkout: Path, environment: dict[str, str], *words: str) -> None:
    """Run a program in the checkout; what it says is shown only when it fails."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    variables = {**os.environ, "PATH": path, **environment}
    done = subprocess.run(words, cwd=checkout, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout}\n{done.stderr}")


def clone(folder: Path, rows: int) -> Path:
    """A clone with drawn faces as its data."""
    checkout = folder / "checkout"
    call(folder, {}, "git", "clone", "-q", str(ROOT), str(checkout))
    (checkout / "data").mkdir()
    write_csv(checkout / "data" / "fer2013.csv", generate(rows=rows, seed=5))
    call(checkout, {}, sys.executable, "-m", "dvc", "add", "-q", "data")
    return checkout


@contextmanager
def prefect_server(folder: Path):
    """A server with a home of its own; yields the variables that lead to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"PREFECT_HOME": str(folder / "prefect"), "DO_NOT_TRACK": "true"}
    words = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        words, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}/api"
        while not answers(f"{url}/health"):
            time.sleep(0.5)
        yield {**environment, "PREFECT_API_URL": url}
    finally:
        server.terminate()
        server.wait()


def answers(url: str) -> bool:
    """Whether somebody answers there."""
    with suppress(OSError), urllib.request.urlopen(url, timeout=2):
        return True
    return False


def show(title: str, pairs) -> None:
    """One line of medians."""
    dvc, flow = (statistics.median(column) for column in zip(*pairs, strict=True))
    more = statistics.median(flow - dvc for dvc, flow in pairs)
    print(f"{title}: dvc repro {dvc:.2f} s, flow {flow:.2f} s, median difference {more:.2f} s")


def arguments() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--rows", type=int, default=300)
    return parser.parse_args()


if __name__ == "__main__":
    main()
