"""What one preset came to under one protocol: a row of the comparison."""

import re
from dataclasses import dataclass

PROTOCOL_NAMES = {"seed": "seed's", "sound": "sound"}
"""Protocols as people read them, in the order in which they are shown."""

ALL, CLEAN, TWINS, NONE = "all", "clean", "twins", "none"
"""Which accuracies of a run can be believed."""

FOLDERS = re.compile(r"(?<![\w.:/])(?:(?:file|sqlite):/)?/+(?:[^\s/:'\"`]+/)+")
"""What leads to a file from the root of a machine."""


@dataclass(frozen=True)
class Result:
    """One run of a preset; None is what is not known, or was not reached.

    Shares are between 0 and 1. `published` is the seed's own accuracy on `published_test`; `official` is ours on all
    test rows (`test_rows` of `usage`), `clean` on those of them (`clean_rows`) without a twin in Training, each with
    its interval; `macro_f1` and `ece` are official. `believable`: ALL accuracies, CLEAN ones (twins of test faces
    taught), none fully for TWINS that chose, or NONE (test faces themselves taught or chose); `fault` says why, "" if
    all is well. `images_per_second` is that of the training, `seconds_per_epoch` includes validation; `ms_per_face` is
    one face alone, `ms_per_face_in_batch` one of `batch`. `data` names the faces, `settings` what was set on top of the
    preset. `run` is the id of the MLflow run, `problem` why there are no figures.
    """

    preset: str
    protocol: str
    title: str = ""
    believable: str = ALL
    fault: str = ""
    published: float | None = None
    published_test: str | None = None
    official: float | None = None
    official_low: float | None = None
    official_high: float | None = None
    clean: float | None = None
    clean_low: float | None = None
    clean_high: float | None = None
    macro_f1: float | None = None
    ece: float | None = None
    classes: int | None = None
    usage: str | None = None
    test_rows: int | None = None
    clean_rows: int | None = None
    train_rows: int | None = None
    parameters: int | None = None
    images_per_second: float | None = None
    seconds_per_epoch: float | None = None
    epochs: int | None = None
    ms_per_face: float | None = None
    ms_per_face_in_batch: float | None = None
    batch: int | None = None
    data: str = ""
    settings: str = ""
    run: str | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """Preset and protocol, e.g. "mememoji, sound protocol"."""
        return f"{self.preset}, {PROTOCOL_NAMES[self.protocol]} protocol"

    @property
    def mark(self) -> str:
        """What a reader must know first, in two words; "" where there is nothing."""
        marks = {ALL: "", CLEAN: "with twins", TWINS: "with twins", NONE: "unsound"}
        return "failed" if self.problem else marks[self.believable]

    @property
    def reason(self) -> str:
        """Why it has failed, fit to be published: one line, and of paths only where they end; "" where it has not."""
        return FOLDERS.sub("", self.problem.strip().partition("\n")[0].strip())
