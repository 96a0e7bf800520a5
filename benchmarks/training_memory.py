"""Whether the memory that training takes grows with the number of faces.

    python benchmarks/training_memory.py [--rows 20000 200000 1000000]

For each number of faces of 48 x 48 it lays out what the stages before `train` write (images.npy is a sparse file), and
in a process of its own loads and trains one epoch, as the stage does, with a network so small that a million faces take
a minute. The table shows the process's peak, and the peak of what loading and one epoch of batches need without Keras.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SIZE, BATCH, CLASSES = 48, 1024, 7


def lay_out(folder: Path, rows: int) -> None:
    """Outputs of ingest, split and augment."""
    import pandas as pd

    from mien.params.preparation import Preparation

    for stage in ("ingest", "split", "augment"):
        (folder / stage).mkdir()
    _sparse(folder / "ingest/images.npy", rows)
    _sparse(folder / "augment/images.npy", 0)
    Preparation(SIZE).write(folder / "ingest")
    faces = np.arange(rows, dtype=np.int32)
    table = pd.DataFrame(
        {"face": faces, "split": np.where(faces % 10, "train", "validation"), "class_index": faces % 7}
    )
    table.to_parquet(folder / "split/faces.parquet")
    table.head(0).to_parquet(folder / "augment/faces.parquet")
    (folder / "split/classes.json").write_text(json.dumps([f"class {at}" for at in range(CLASSES)]))


def _sparse(path: Path, rows: int) -> None:
    """An array of zeros, but for its first faces, that takes no room on the disk."""
    with path.open("wb") as stream:
        header = {"descr": "|u1", "fortran_order": False, "shape": (rows, SIZE, SIZE)}
        np.lib.format.write_array_header_1_0(stream, header)
        size = stream.tell() + rows * SIZE * SIZE
        stream.write(np.random.default_rng(0).integers(0, 256, min(rows, 100) * SIZE * SIZE, np.uint8).tobytes())
        stream.truncate(size)


def train(folder: Path) -> None:
    """One epoch and its judging, as the stage does it."""
    from mien.params import TrainParams
    from mien.training.data import load_data
    from tasks.quiet import load_keras

    data = load_data(*(folder / stage for stage in ("ingest", "split", "augment")))
    load_keras()
    import keras

    from mien.training.trainer import train_model

    def network(*_: object, **__: object) -> keras.Model:
        layers = [keras.layers.Rescaling(1 / 255), keras.layers.GlobalAveragePooling2D()]
        return keras.Sequential([keras.Input(data.training.shape), *layers, keras.layers.Dense(CLASSES, "softmax")])

    params = TrainParams(epochs=1, batch_size=BATCH)
    train_model(data, params, folder / "checkpoints", tell=lambda _: None, build=network)


def serve(folder: Path) -> None:
    """What `mien.training.data` does for it, alone."""
    from mien.training.data import epoch_batches, load_data, measure

    data = load_data(*(folder / stage for stage in ("ingest", "split", "augment")))
    measure(data.training)
    for index in epoch_batches(len(data.training), BATCH, 42, 0):
        data.training.images(index)


WAYS = {"train": train, "serve": serve}


def child(way: str, folder: Path) -> None:
    """Do it and print the peak in MB."""
    WAYS[way](folder)
    print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024)


def peak(way: str, folder: Path) -> float:
    """MB of a process of its own."""
    command = [sys.executable, __file__, "--child", way, str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def main() -> None:
    """Read the command line."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 200_000, 1_000_000])
    print(f"{'faces':>12}{'pixels MB':>12}{'train, peak MB':>18}{'data alone, peak MB':>22}")
    for rows in parser.parse_args().rows:
        with tempfile.TemporaryDirectory() as folder:
            lay_out(Path(folder), rows)
            peaks = "".join(f"{peak(way, Path(folder)):>{width},.0f}" for way, width in (("train", 18), ("serve", 22)))
            print(f"{rows:>12,}{rows * SIZE * SIZE / 1e6:>12,.0f}{peaks}", flush=True)


if __name__ == "__main__":
    main()
