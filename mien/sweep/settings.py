"""What makes two trials comparable: the same faces, the same settings but for those that are tried, the same code."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Self

from pydantic import ValidationError

from mien import __version__
from mien.errors import ParamsError
from mien.params import SweepParams, TrainParams
from mien.params.networks import BACKBONE
from mien.sweep.reasons import faults
from mien.sweep.space import Lowest, kept_options, trial_params
from mien.training.code import code_digest
from mien.training.data import TrainingData, measure


@dataclass(frozen=True)
class Settings:
    """Of a study; `data` and `code` are SHA-256 of the prepared faces and of the code that trains.

    `versions` are those of Mien, Keras and its backend.
    """

    train: TrainParams
    sweep: SweepParams
    data: str
    code: str
    versions: Mapping[str, str]

    @classmethod
    def of(cls, train: TrainParams, sweep: SweepParams, data: TrainingData) -> Self:
        """The settings of a study that begins now.

        Raises:
            ParamsError: the network of the space does not go with section `train`, or a trial would need several
                processes.
        """
        if train.strategy == "multi_worker":
            raise ParamsError(
                "train.strategy is multi_worker, but each trial of a sweep learns in one process. Set it to mirrored "
                "or one, and have the machines run trials of their own."
            )
        try:
            trial_params(train, sweep, Lowest())
        except ValidationError as error:
            raise ParamsError(f"sweep.space does not go with section train of params.yaml: {faults(error)}") from error
        return cls(train, sweep, data_digest(data), code_digest(), versions())

    @property
    def comparable(self) -> dict[str, Any]:
        """All that must be the same (JSON): not the budget, not what is drawn."""
        train = self.train.model_dump(mode="json", exclude={"network", "unfreeze", "epochs", "device", "strategy"})
        train["network"] = kept_options(self.train, self.sweep)
        if self.sweep.space.network == BACKBONE:
            train["unfreeze"] = self.train.model_dump(mode="json")["unfreeze"]
        if self.sweep.space.learning_rate:
            train["optimizer"].pop("learning_rate")
        sweep = self.sweep.model_dump(mode="json", exclude={"trials", "hours"})
        return {"train": train, "sweep": sweep, **self._surroundings}

    @property
    def _surroundings(self) -> dict[str, Any]:
        return {"data": self.data, "code": self.code, "versions": dict(self.versions)}

    @property
    def name(self) -> str:
        """Name of the study: other data or settings have another one."""
        text = json.dumps(self.comparable, sort_keys=True)
        return f"{self.sweep.space.network}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def dump(self) -> dict[str, Any]:
        """As JSON, for `load`."""
        train, sweep = self.train.model_dump(mode="json"), self.sweep.model_dump(mode="json")
        return {"train": train, "sweep": sweep, **self._surroundings}

    @classmethod
    def load(cls, stored: dict[str, Any]) -> Self:
        """What `dump` gave."""
        train, sweep = TrainParams.model_validate(stored["train"]), SweepParams.model_validate(stored["sweep"])
        return cls(train, sweep, stored["data"], stored["code"], stored["versions"])


def versions() -> dict[str, str]:
    """Of Mien, Keras and its backend, as in the settings of a checkpoint; none of them is imported."""
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    return {"mien": __version__, "keras": version("keras"), backend: version(backend)}


def data_digest(data: TrainingData) -> str:
    """SHA-256 of training and validation faces, of their labels, and of the names of the classes."""
    parts = [measure(data.training).digest, measure(data.validation).digest, *data.classes]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
