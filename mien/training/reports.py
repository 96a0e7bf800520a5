"""What one epoch of training has reached."""

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")


@dataclass(frozen=True)
class EpochReport:
    """Figures of a finished epoch.

    `epoch` counts from 0 and `epochs` is the most there can be. `loss` and `accuracy` are means over the training
    faces while the weights moved (dropout, class weights and label smoothing included); `val_loss` is the plain
    cross-entropy of the validation faces. `seconds` is the whole epoch, `images_per_second` its training part alone.
    `ended` is the time at its end, in seconds since 1970.
    """

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float
    images_per_second: float
    ended: float = 0.0

    def figures(self) -> dict[str, float]:
        """The figures by name, without the counters and the time."""
        return {name: value for name, value in asdict(self).items() if name not in ("epoch", "epochs", "ended")}


def history_csv(history: Iterable[EpochReport]) -> str:
    """One line per epoch under `HISTORY_COLUMNS`, numbers in full precision."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HISTORY_COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(report) for report in history)
    return text.getvalue()
