"""Stage `train`: train the network; killed at any moment, the next run goes on after its last finished epoch.

Reads build/{ingest,split,augment}, writes build/train/{model.keras, history.csv, summary.json}; the checkpoints below
build/train/checkpoints are no output; the last one stays until the next training, so that a forced run of the same
training ends at once (delete the folder to train again from the start).
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mien.durable import write_text
from mien.errors import TrainingError
from mien.model_file import write_model
from mien.params import BACKBONE, TrainParams
from mien.training import EpochReport
from mien.training.cluster import read_cluster
from mien.training.data import load_data
from mien.training.reports import history_csv
from tasks.quiet import load_keras
from tasks.stage import Outcome, stage_folder
from tasks.tracking.models import ensure_logged
from tasks.tracking.run import PipelineRun
from tasks.tracking.stage import run_tracked_stage

if TYPE_CHECKING:
    from mien.training.trainer import Trained

MODEL, HISTORY, CHECKPOINTS = "model.keras", "history.csv", "checkpoints"


def train(params: TrainParams, run: PipelineRun) -> Outcome:
    """Train the network and log it, epoch by epoch; the model itself waits for a later stage when the store is down."""
    check_role(params, chief=True)
    outcome = train_and_write(params, run.log_epoch)
    with run.unless_down("the model is logged by the next stage"):
        ensure_logged(run, stage_folder("train") / MODEL)
    return outcome


def check_role(params: TrainParams, *, chief: bool) -> None:
    """Of several processes that learn together, the chief alone runs the stage.

    Raises:
        TrainingError: this process is another one than its program is for.
    """
    if params.strategy == "multi_worker" and (cluster := read_cluster()).is_chief != chief:
        program = "as always (`dvc repro`)" if cluster.is_chief else "with `python -m tasks.train_worker`"
        raise TrainingError(f"TF_CONFIG says that this process is {cluster.name}. Start it {program}.")


def train_and_write(params: TrainParams, on_epoch: Callable[[EpochReport], None] = lambda _: None) -> Outcome:
    """Train and write; the checkpoints go last, so that a kill between two outputs costs no training."""
    folder = stage_folder("train")
    for note in _random(params):
        _tell(note)
    trained = learn(params, on_epoch)
    _write(trained, folder)
    _tell(_pace(trained))
    return Outcome(_metrics(trained), [HISTORY], [*_random(params), *_notes(trained)])


def learn(params: TrainParams, on_epoch: Callable[[EpochReport], None] = lambda _: None) -> "Trained":
    """Train on what the stages before have written."""
    data = load_data(
        *(stage_folder(stage) for stage in ("ingest", "split", "augment")), affect=params.affect is not None
    )
    load_keras()
    from mien.training.trainer import train_model

    return train_model(data, params, stage_folder("train") / CHECKPOINTS, on_epoch=on_epoch, tell=_tell)


def _random(params: TrainParams) -> list[str]:
    """That a backbone knows nothing yet: whoever names no weights file might think otherwise."""
    network = params.network
    if network.name != BACKBONE or network.options.get("weights"):
        return []
    together = ", and everything learns from the start: train.unfreeze is for weights from a file" * bool(
        params.unfreeze
    )
    return [f"the backbone starts from random weights (train.network.weights names no file){together}"]


def _write(trained: "Trained", folder: Path) -> None:
    write_text(folder / HISTORY, history_csv(trained.history))
    write_model(trained.network, trained.facts, folder / MODEL)
    trained.store.finish()


def _tell(line: str) -> None:
    """Say at once what the person should not learn only at the end."""
    print(f"train: {line}", file=sys.stderr, flush=True)


def _metrics(trained: "Trained") -> dict[str, float]:
    best = trained.history[trained.best_epoch]
    return {
        "epochs": len(trained.history),
        "best_epoch": best.epoch,
        "loss": best.loss,
        "accuracy": best.accuracy,
        "val_loss": best.val_loss,
        "val_accuracy": best.val_accuracy,
        "seconds": sum(report.seconds for report in trained.history),
        "images_per_second": _rate(trained),
        "parameters": trained.network.count_params(),
    }


def _rate(trained: "Trained") -> float:
    """Training faces per second over all epochs, without judging; each epoch has the same number of faces."""
    return len(trained.history) / sum(1.0 / report.images_per_second for report in trained.history)


def _pace(trained: "Trained") -> str:
    """What differs from run to run, and therefore is no part of an output."""
    seconds = sum(report.seconds for report in trained.history)
    resumed = f", gone on after epoch {trained.resumed_after}" if trained.resumed_after else ""
    return f"{seconds:.0f} s, {_rate(trained):,.0f} images/s{resumed}"


def _notes(trained: "Trained") -> list[str]:
    best, epochs = trained.history[trained.best_epoch], len(trained.history)
    ended = ", no gain any more" if trained.stopped_early else ""
    return [
        f"{epochs} epochs{ended}; best is {best.epoch + 1}: validation accuracy {best.val_accuracy:.3f}, "
        f"loss {best.val_loss:.3f}",
        f"weights {trained.facts.weights_sha256[:16]}",
    ]


if __name__ == "__main__":
    run_tracked_stage(train)
