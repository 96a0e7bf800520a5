"""Section `train` of params.yaml: the network, how it learns, and on what."""

from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from mien.params.networks import BACKBONE, NetworkParams
from mien.params.ranges import Ranges, named_ranges
from mien.params.section import Section
from mien.params.unfreezing import UnfreezeStep, check_steps


class OptimizerParams(Section):
    """Optimiser of Keras and its settings."""

    name: Literal["adam", "adamw", "sgd", "rmsprop"] = "adam"
    learning_rate: float = Field(1e-3, gt=0.0, le=10.0)
    momentum: float = Field(0.9, ge=0.0, lt=1.0, description="sgd only; Nesterov.")
    weight_decay: float | None = Field(None, ge=0.0)
    clipnorm: float | None = Field(None, gt=0.0)


class ScheduleParams(Section):
    """Learning rate over the epochs."""

    name: Literal["constant", "cosine", "plateau"] = "constant"
    warmup_epochs: int = Field(0, ge=0, description="Linear rise from 0.")
    factor: float = Field(0.5, gt=0.0, lt=1.0, description="plateau only: multiply by it.")
    patience: int = Field(7, ge=1, description="plateau only: epochs without a gain.")
    minimum: float = Field(1e-7, ge=0.0, description="plateau only: not below.")


class EarlyStoppingParams(Section):
    """Stop when the validation figure no longer gains, and go back to the best weights."""

    monitor: Literal["val_loss", "val_accuracy"] = "val_loss"
    patience: int = Field(5, ge=1)
    min_delta: float = Field(0.0, ge=0.0)


class AffectParams(Section):
    """A second head for valence and arousal beside the classes."""

    weight: float = Field(0.5, gt=0.0, le=1000.0, description="Of its loss beside that of the classes, which has 1.")
    loss: Literal["mse", "ccc"] = Field(
        "mse",
        description="mse: squared error; ccc: 1 - concordance correlation over the faces of a batch.",
    )


class TrainParams(Section):
    """Network and how it learns."""

    network: NetworkParams = NetworkParams()
    unfreeze: tuple[UnfreezeStep, ...] | None = Field(
        None,
        description="Of a backbone with a weights file; before the first step only the layer behind it learns. null, "
        "and without such a file: all from the start.",
    )
    optimizer: OptimizerParams = OptimizerParams()
    schedule: ScheduleParams = ScheduleParams()
    early_stopping: EarlyStoppingParams | None = EarlyStoppingParams()
    batch_size: int = Field(128, ge=1, le=65536)
    epochs: int = Field(30, ge=1, le=10000)
    label_smoothing: float = Field(0.0, ge=0.0, lt=1.0)
    class_weight: Literal["none", "balanced"] = "none"
    augment_online: Ranges | None = Field(None, description="Ranges for changes inside the training step; null: none.")
    mixed_precision: bool = Field(False, description="bfloat16 where the device has it; off on a CPU.")
    jit_compile: bool = Field(
        False, description="XLA: helps on a GPU, made the small network four times slower on a CPU."
    )
    device: Literal["auto", "cpu", "gpu"] = Field("auto", description="`gpu` fails where there is none.")
    strategy: Literal["one", "mirrored", "multi_worker"] = Field(
        "mirrored",
        description="one device; mirrored: all devices of this machine that `device` means, one where there is one; "
        "multi_worker: those of all the machines that the environment variable TF_CONFIG names.",
    )
    affect: AffectParams | None = Field(
        None, description="Learn valence and arousal too, where faces have them; null: classes alone."
    )
    seed: int = Field(42, ge=0)

    _names = field_validator("augment_online", mode="before")(named_ranges)

    @field_validator("unfreeze")
    @classmethod
    def _steps_of_a_backbone(
        cls, steps: tuple[UnfreezeStep, ...] | None, info: ValidationInfo
    ) -> tuple[UnfreezeStep, ...] | None:
        network = info.data.get("network")
        if steps is not None and network and network.name != BACKBONE:
            raise ValueError(f"{network.name} has no backbone to unfreeze; set unfreeze to null")
        check_steps(steps or ())
        return steps

    @model_validator(mode="after")
    def _every_step_begins(self) -> Self:
        last = self.unfreeze[-1].after_epochs if self.unfreeze and self.network.options.get("weights") else 0
        if last >= self.epochs:  # early stopping, too, would wait for it until the end
            raise ValueError(f"unfreeze has a step after {last} epochs, which never begins: epochs is {self.epochs}")
        return self
