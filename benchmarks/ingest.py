"""How long and how much memory it takes to read FER2013: the stage `ingest` against plain loaders.

    python benchmarks/ingest.py [fer2013.csv] [--repeats 3]

Without a file it makes one of the same size (301 MB) in a temporary folder. Every reading happens in a process of its
own, the ways take turns, and the table shows medians and the ratio to `ingest`. The plain loaders end with an array in
memory; `ingest` also checks every row, hashes every face, takes the fingerprint and writes its files.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROWS = 35_887


def ingest(path: Path) -> int:
    """The stage, in a project folder of its own whose data/ holds the file."""
    from mien.params import IngestParams
    from tasks.ingest import ingest as stage

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        os.chdir(folder)
        Path("data").mkdir()
        os.link(path, Path("data") / path.name)
        accepted = stage(IngestParams(max_refused_share=1.0)).metrics["accepted"]
        os.chdir(ROOT)
    return int(accepted)


def pandas_fromstring(path: Path) -> int:
    """pandas.read_csv, then np.fromstring on each row."""
    import numpy as np
    import pandas as pd

    rows = pd.read_csv(path)["pixels"]
    return len(np.stack([np.fromstring(row, dtype=np.uint8, sep=" ").reshape(48, 48) for row in rows]))


def pandas_split(path: Path) -> int:
    """pandas.read_csv, then split each row into floats: what most notebooks do."""
    import numpy as np
    import pandas as pd

    rows = pd.read_csv(path)["pixels"]
    return len(np.stack([np.array(row.split(), dtype="float32").reshape(48, 48) for row in rows]))


def csv_split(path: Path) -> int:
    """The csv module, then split each row."""
    import csv

    import numpy as np

    with path.open(newline="") as stream:
        faces = [np.array([int(pixel) for pixel in row["pixels"].split()], np.uint8) for row in csv.DictReader(stream)]
    return len(np.stack(faces).reshape(-1, 48, 48))


WAYS: dict[str, Callable[[Path], int]] = {
    way.__name__: way for way in (ingest, pandas_fromstring, pandas_split, csv_split)
}


def child(way: str, path: Path) -> None:
    """Read once and print what it took; the start of Python and the imports are counted by the parent."""
    faces = WAYS[way](path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20)
    print(json.dumps({"faces": faces, "megabytes": peak, "processor": time.process_time()}))


def measure(way: str, path: Path) -> dict[str, float]:
    """Seconds on the clock and MB of peak memory of one reading in a process of its own."""
    start = time.monotonic()
    command = [sys.executable, __file__, str(path), "--way", way]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1]) | {"seconds": time.monotonic() - start}


def generate(path: Path) -> None:
    """A file as large as FER2013: random faces whose numbers have as many digits as those of real ones."""
    import numpy as np

    random = np.random.default_rng(0)
    faces = np.clip(random.normal(129, 65, (500, 48 * 48)), 0, 255).astype(np.uint8)
    texts = [" ".join(map(str, face)) for face in faces]
    usages = ["Training"] * 28_709 + ["PublicTest"] * 3_589 + ["PrivateTest"] * 3_589
    with path.open("w") as stream:
        stream.write("emotion,pixels,Usage\n")
        stream.writelines(f"{row % 7},{texts[row % 500]},{usage}\n" for row, usage in enumerate(usages))


def compare(path: Path, repeats: int) -> None:
    """Measure every way `repeats` times in turn and print the table."""
    results: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(repeats):
        for way in WAYS:
            results[way].append(measure(way, path))
    medians = {way: _medians(runs) for way, runs in results.items()}
    print(f"{path.name}: {path.stat().st_size:,} bytes, {os.cpu_count()} cores, median of {repeats}")
    print(f"{'':20}{'faces':>8}{'seconds':>9}{'ratio':>7}{'of all cores':>14}{'peak MB':>9}")
    for way, median in medians.items():
        ratio = median["seconds"] / medians["ingest"]["seconds"]
        figures = f"{median['seconds']:>9.2f}{ratio:>7.2f}{median['processor']:>14.2f}{median['megabytes']:>9,.0f}"
        print(f"{way:20}{median['faces']:>8,.0f}{figures}")


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", help="a FER2013 CSV; made when left out")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        child(options.way, options.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fer2013.csv"
        if options.file is None:
            generate(path)
        else:
            _place(options.file.resolve(), path)
        compare(path, options.repeats)


def _place(source: Path, target: Path) -> None:
    """Have `source` under `target` without writing it again where that is possible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


if __name__ == "__main__":
    main()
