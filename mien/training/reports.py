"""What one epoch of training has reached."""

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
AFFECT_COLUMNS = ("affect_loss", "val_affect_loss")


@dataclass(frozen=True)
class EpochReport:
    """Figures of a finished epoch.

    `epoch` counts from 0 and `epochs` is the most there can be. `loss` and `accuracy` are means over the training
    faces while the weights moved (dropout, class weights and label smoothing included); `val_loss` is the plain
    cross-entropy of the validation faces. `seconds` is the whole epoch, `images_per_second` its training part alone.
    `ended` is the time at its end, in seconds since 1970. `affect_loss` and `val_affect_loss` are means over the known
    values of valence and arousal; None without them.
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
    affect_loss: float | None = None
    val_affect_loss: float | None = None

    def figures(self) -> dict[str, float]:
        """The figures by name, without the counters and the time."""
        counters = ("epoch", "epochs", "ended")
        return {name: value for name, value in asdict(self).items() if name not in counters and value is not None}


def history_csv(history: Iterable[EpochReport]) -> str:
    """One line per epoch under `HISTORY_COLUMNS`, and `AFFECT_COLUMNS` where they were learnt; in full precision."""
    rows, text = [asdict(report) for report in history], io.StringIO()
    learnt = any(row[name] is not None for row in rows for name in AFFECT_COLUMNS)
    columns = (*HISTORY_COLUMNS, *AFFECT_COLUMNS) if learnt else HISTORY_COLUMNS
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
