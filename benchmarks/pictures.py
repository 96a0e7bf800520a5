"""How fast AffectNet is ingested, against a bare loop of OpenCV, and how much memory it takes.

    python benchmarks/pictures.py rate [--rows 5000] [--repeats 5]
    python benchmarks/pictures.py memory [--rows 20000 200000 959906] [--folder /dev/shm]

`rate` draws pictures of 425 x 425 pixels, AffectNet's mean, as JPEG, lists them as AffectNet does, and reads them in
two ways that take turns, each time in a process of its own: the stage `ingest`, and what one would write without it, a
pool of threads that decodes, crops and resizes. Both have their imports behind them when the clock starts. The stage
also parses landmarks, checks every row, hashes every face, takes the fingerprint, and writes its files.

`memory` lists tiny pictures, many names for each of a few files, and shows the peak of the stage's process.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIDE, TINY = 425, 64
DRAWN = 200
"""Different pictures; more names are hard links, so that the disk holds a million."""

PER_FOLDER = 700
LABELS = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry")


def ingest(_: Path) -> int:
    """The stage, in the folder above data/."""
    from mien.params import IngestParams
    from tasks.ingest import ingest as stage

    return int(stage(IngestParams(source="affectnet")).metrics["accepted"])


def bare(data: Path) -> int:
    """OpenCV in a pool of threads: decode to gray, crop, resize."""
    import csv
    from concurrent.futures import ThreadPoolExecutor

    import cv2
    import numpy as np

    def face(row: list[str]) -> np.ndarray:
        x, y, width, height = map(int, row[1:5])
        picture = cv2.imread(str(pictures / row[0]), cv2.IMREAD_GRAYSCALE)
        cut = picture[max(y, 0) : y + height, max(x, 0) : x + width]
        return cv2.resize(cut, (48, 48), interpolation=cv2.INTER_AREA)

    pictures = data / "Manually_Annotated_Images"
    with (data / "Manually_Annotated_file_lists/training.csv").open() as stream:
        rows = list(csv.reader(stream))[1:]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return len(np.stack(list(pool.map(face, rows))))


WAYS: dict[str, Callable[[Path], int]] = {"ingest": ingest, "bare": bare}


def child(way: str, folder: Path) -> None:
    """Read once and print what it took."""
    import cv2  # noqa: F401  behind it when the clock starts, as pandas and Arrow are

    import tasks.ingest  # noqa: F401

    os.chdir(folder)
    start, used = time.perf_counter(), time.process_time()
    faces = WAYS[way](folder / "data")
    seconds, processor = time.perf_counter() - start, time.process_time() - used
    peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
    print(json.dumps({"faces": faces, "seconds": seconds, "processor": processor, "megabytes": int(peak) / 1024}))


def measure(way: str, folder: Path) -> dict[str, float]:
    """Figures of one reading in a process of its own."""
    command = [sys.executable, __file__, "child", way, str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def draw(folder: Path, side: int) -> list[Path]:
    """Different pictures of `side` pixels, grainy as photographs are; colour, JPEG."""
    import cv2
    import numpy as np

    from mien.datasets.synthetic.affectnet.scene import draw_scene

    folder.mkdir()
    paths = []
    for number in range(DRAWN):
        random = np.random.default_rng(number)
        drawn = draw_scene(LABELS[number % len(LABELS)], 0.7, random).picture
        large = cv2.resize(drawn, (side, side), interpolation=cv2.INTER_LINEAR)
        grainy = np.clip(large + random.normal(0, 4, large.shape), 0, 255).astype(np.uint8)
        paths.append(folder / f"{number}.jpg")
        cv2.imwrite(str(paths[-1]), grainy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    return paths


def lay_out(folder: Path, side: int, rows: int) -> None:
    """AffectNet's training.csv of so many rows, and their pictures."""
    from mien.datasets.synthetic.affectnet.original import HEADER

    drawn = draw(folder / "drawn", side)
    lists = folder / "data/Manually_Annotated_file_lists"
    lists.mkdir(parents=True)
    with (lists / "training.csv").open("w") as stream:
        stream.write(HEADER + "\n")
        stream.writelines(_rows(folder / "data/Manually_Annotated_Images", drawn, side, rows))


def _rows(pictures: Path, drawn: list[Path], side: int, rows: int) -> Iterator[str]:
    import numpy as np

    random = np.random.default_rng(0)
    for row in range(rows):
        name = f"{row // PER_FOLDER}/{hashlib.sha224(str(row).encode()).hexdigest()}.jpg"
        (pictures / name).parent.mkdir(parents=True, exist_ok=True)
        (pictures / name).hardlink_to(drawn[row % len(drawn)])
        x, y = random.integers(0, side // 6, 2)
        width, height = random.integers(side * 2 // 3, side * 5 // 6, 2)
        points = ";".join(f"{value:.2f}" for value in random.uniform(0, side, 136))
        yield f"{name},{x},{y},{width},{height},{points},{row % 8},0.1,-0.2\n"


def rate(rows: int, repeats: int, where: Path | None) -> None:
    """Both ways in turn, and the ratio of their medians."""
    with tempfile.TemporaryDirectory(dir=where) as temporary:
        folder = Path(temporary)
        lay_out(folder, SIDE, rows)
        found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(repeats):
            for way in WAYS:
                found[way].append(measure(way, folder))
    print(
        f"{rows:,} pictures of {SIDE} x {SIDE}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {repeats} turns"
    )
    print(f"{'':10}{'rows/s':>10}{'ms of a core per row':>24}")
    medians = {
        way: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for way, runs in found.items()
    }
    for way, median in medians.items():
        print(f"{way:10}{rows / median['seconds']:>10,.0f}{1000 * median['processor'] / rows:>24.3f}")
    for key, name in (("seconds", "rate"), ("processor", "rate on cores of its own")):
        print(f"{name}: {medians['bare'][key] / medians['ingest'][key]:.2f} of the bare loop's")


def memory(counts: list[int], where: Path | None) -> None:
    """The peak for each number of rows."""
    for rows in counts:
        with tempfile.TemporaryDirectory(dir=where) as temporary:
            lay_out(Path(temporary), TINY, rows)
            found = measure("ingest", Path(temporary))
        figures = f"{found['seconds']:>8,.0f} s, {found['processor']:>8,.0f} s of a core"
        print(f"{rows:>10,} rows {found['faces']:>10,.0f} faces {found['megabytes']:>8,.0f} MB {figures}", flush=True)


def main() -> None:
    """Read the command line."""
    if sys.argv[1:2] == ["child"]:
        child(sys.argv[2], Path(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("rate", "memory"))
    parser.add_argument("--rows", type=int, nargs="+", help="5000; for memory 20000 200000 959906")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the pictures are laid out; default: the system's")
    options = parser.parse_args()
    if options.what == "rate":
        rate((options.rows or [5000])[0], options.repeats, options.folder)
    else:
        memory(options.rows or [20_000, 200_000, 959_906], options.folder)


if __name__ == "__main__":
    main()
