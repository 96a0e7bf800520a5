"""What every setting means and what is allowed: a frozen section per stage, promotion and sweep; no unknown keys."""

from typing import Literal, Self

from pydantic import BaseModel, Field, ValidationInfo, field_validator, model_validator

from mien.errors import ParamsError
from mien.labels import EMOTIONS
from mien.params.cleaning import CleanParams
from mien.params.networks import BACKBONE, NetworkParams
from mien.params.section import Section
from mien.params.sweep import SweepParams
from mien.params.unfreezing import UnfreezeStep, check_steps


class IngestParams(Section):
    """Reading `data/` into a table of faces and an array of images."""

    source: Literal["auto", "fer2013", "folder"] = Field(
        "auto", description="Reader; `auto` looks at the files and says why it chose."
    )
    label_space: Literal["fer2013", "affectnet"] | None = Field(
        None, description="What class folders named by digits mean; never guessed."
    )
    image_size: int = Field(48, ge=16, le=512, description="Height and width in pixels of every face.")
    unlabeled: bool = Field(False, description="Accept a file without labels (Kaggle's test.csv).")
    max_refused_share: float = Field(0.001, ge=0.0, le=1.0, description="More refused rows than this fail the stage.")


class ValidateParams(Section):
    """Limits of the expectations on the ingested faces."""

    min_rows: int = Field(100, ge=1, description="Fewest faces.")
    required_classes: tuple[str, ...] = Field(
        EMOTIONS, min_length=2, description="Labels that Training must have faces of."
    )
    min_class_share: float = Field(0.005, ge=0.0, le=1.0, description="Smallest share of any class.")
    max_class_share: float = Field(0.6, ge=0.0, le=1.0, description="Largest share of any class.")
    min_training_share: float = Field(0.5, ge=0.0, le=1.0, description="Smallest share of Training rows.")
    min_test_share: float = Field(
        0.05, ge=0.0, le=1.0, description="Smallest share of the larger of PublicTest and PrivateTest."
    )
    max_constant_share: float = Field(0.02, ge=0.0, le=1.0, description="Most images of one gray value.")
    max_redundant_share: float = Field(0.2, ge=0.0, le=1.0, description="Most images that repeat another one.")
    max_leaked_share: float = Field(
        0.1, ge=0.0, le=1.0, description="Most faces of a test set whose image is in Training; 8 % in FER2013."
    )
    max_conflict_share: float = Field(
        0.12, ge=0.0, le=1.0, description="Most groups of identical images whose labels differ; 4 % in FER2013."
    )
    max_label_drift: float = Field(
        0.05, ge=0.0, description="Largest divergence (Kullback-Leibler, nats) of a test set's labels from Training's."
    )
    max_spread_ratio: float = Field(
        1.2,
        ge=1.0,
        description="Largest ratio between the Usages' mean contrast and detail; altered copies of FER2013 exceed it.",
    )
    min_ferplus_agreement: float = Field(0.5, ge=0.0, le=1.0, description="Least agreement with FER+'s top vote.")


class ClassPolicy(Section):
    """Which labels become classes: merge, then drop, then the k largest. Empty keeps all."""

    drop: tuple[str, ...] = ()
    merge: dict[str, str] = Field(default_factory=dict)
    top_k: int | None = Field(None, ge=2)


class SplitParams(Section):
    """Who learns, who chooses, who judges."""

    by: Literal["official", "stratified"] = Field("official", description="By Usage, or drawn anew from all rows.")
    test: Literal["auto", "PublicTest", "PrivateTest"] = Field(
        "auto", description="Test set of an official split; `auto`: PrivateTest, else PublicTest."
    )
    validation_share: float = Field(
        0.1, gt=0.0, lt=0.5, description="Share of rows for validation where no official set is left for it."
    )
    test_share: float = Field(0.1, gt=0.0, lt=0.5, description="Share of rows for the test set of a stratified split.")
    validation: Literal["auto", "last", "test"] = Field(
        "auto",
        description="Who chooses. auto: PublicTest where it does not judge, else drawn; last: the last rows of train, "
        "unshuffled (as affectnet_cnn's report); test: unsound, the test faces choose (as deep_cnn's notebook).",
    )
    twins: Literal["apart", "ignored"] = Field(
        "apart",
        description="apart: twins never on two sides; ignored: unsound where there are any, as in most projects.",
    )
    test_in_training: bool = Field(
        False, description="Unsound: the test faces teach too (as in affectnet_cnn's report)."
    )
    seed: int = Field(42, ge=0)
    classes: ClassPolicy = ClassPolicy()


class Ranges(Section):
    """Ranges of random changes; each is drawn uniformly from [-value, value] around "no change"."""

    rotation: float = Field(0.0, ge=0.0, le=180.0, description="Degrees.")
    shift: float = Field(0.0, ge=0.0, le=0.5, description="Share of width and, drawn apart, of height.")
    shear: float = Field(0.0, ge=0.0, le=0.8, description="Radians by which vertical lines lean.")
    zoom: float = Field(0.0, ge=0.0, lt=0.9, description="Scale factor around 1, of width and height drawn apart.")
    flip: bool = Field(False, description="Mirror half of the faces.")
    brightness: float = Field(0.0, ge=0.0, le=1.0, description="Factor around 1.")


RANGES: dict[str, Ranges] = {
    "none": Ranges(),
    "light": Ranges(rotation=10, shift=0.08, zoom=0.1, flip=True, brightness=0.15),
    "deep_cnn": Ranges(rotation=15, shift=0.15, shear=0.15, zoom=0.15, flip=True),
    "vgg_small": Ranges(rotation=40, shift=0.2, shear=0.2, flip=True),
}
"""Named ranges; the last two are those of the projects whose presets have these names."""


def _named_ranges(value: object) -> object:
    if isinstance(value, str):
        if value not in RANGES:
            raise ValueError(f"no ranges of that name; known: {', '.join(RANGES)}")
        return RANGES[value]
    return value


class AugmentParams(Section):
    """Changed copies of training faces, made once and kept."""

    ranges: Ranges = Field(RANGES["light"], description="A name of RANGES or the values themselves.")
    copies: int = Field(1, ge=0, le=20, description="Changed copies of each training face.")
    balance: bool = Field(
        False,
        description="More copies of rare classes: each ends, originals included, at 1 + copies times the largest.",
    )
    seed: int = Field(42, ge=0)

    _names = field_validator("ranges", mode="before")(_named_ranges)


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
    seed: int = Field(42, ge=0)

    _names = field_validator("augment_online", mode="before")(_named_ranges)

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


class EvaluateParams(Section):
    """How the figures are made."""

    batch_size: int = Field(256, ge=1)
    bootstrap_samples: int = Field(2000, ge=100)
    confidence: float = Field(0.95, gt=0.5, lt=1.0)
    calibration_bins: int = Field(15, ge=2, le=100)
    seed: int = Field(42, ge=0)


class Gates(Section):
    """What a model must reach to be registered; judged on the official test rows."""

    min_accuracy: float = Field(0.5, ge=0.0, le=1.0)
    min_macro_f1: float = Field(0.4, ge=0.0, le=1.0)
    min_recall: float = Field(0.1, ge=0.0, le=1.0, description="Of the worst class.")
    max_ece: float = Field(0.15, ge=0.0, le=1.0, description="Expected calibration error, after temperature.")


class RegisterParams(Section):
    """Name in the registry, and the gates before it."""

    model_name: str = Field("mien", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    gates: Gates = Gates()


class PromoteParams(Section):
    """When a challenger takes the champion's place; both are judged anew on the same test rows. Not a stage."""

    min_gain: float = Field(
        0.0, ge=-1.0, le=1.0, description="The lower bound of the gain in accuracy must be more than this."
    )
    confidence: float = Field(
        0.95, gt=0.5, lt=1.0, description="Share of the redrawn test sets inside the interval of a gain."
    )
    alpha: float = Field(0.05, gt=0.0, le=1.0, description="Largest p of McNemar's test; 1 switches it off.")
    max_recall_drop: float = Field(0.1, ge=0.0, le=1.0, description="Most that the recall of any class may fall.")
    max_ece: float = Field(0.1, ge=0.0, le=1.0, description="Expected calibration error, after temperature.")
    max_ece_rise: float = Field(0.05, ge=0.0, le=1.0, description="Most that the calibration error may rise.")
    max_clean_loss: float = Field(
        0.0, ge=0.0, le=1.0, description="Most that the accuracy on the clean rows alone may fall."
    )
    max_ms_per_face: float = Field(
        100.0, gt=0.0, description="Milliseconds for one face alone, measured where the promotion runs; a median."
    )
    max_megabytes: float = Field(200.0, gt=0.0, description="Size of the model file (1 MB = 1,000,000 bytes).")
    min_rows: int = Field(200, ge=1, description="Fewest clean test rows that neither model has learned from.")


class Params(Section):
    """All of params.yaml."""

    ingest: IngestParams = IngestParams()
    validate_: ValidateParams = Field(ValidateParams(), alias="validate")
    clean: CleanParams = CleanParams()
    split: SplitParams = SplitParams()
    augment: AugmentParams = AugmentParams()
    train: TrainParams = TrainParams()
    evaluate: EvaluateParams = EvaluateParams()
    register_: RegisterParams = Field(RegisterParams(), alias="register")
    promote: PromoteParams = PromoteParams()
    sweep: SweepParams = SweepParams()

    @field_validator("split")
    @classmethod
    def _test_faces_not_chosen_by_models(cls, split: SplitParams, info: ValidationInfo) -> SplitParams:
        doubts = info.data["clean"].doubtful_labels if "clean" in info.data else None
        if split.by == "stratified" and doubts and doubts.drop_percent > 0:
            raise ValueError(
                "a stratified split draws test faces from the rows of which clean.doubtful_labels has dropped those "
                "that models do not get right, so the figures would be too good; set "
                "clean.doubtful_labels.drop_percent to 0 (labels are only reported), or split.by to official"
            )
        return split

    def section(self, stage: str) -> BaseModel:
        """The section of `stage`, under the name that it has in the file."""
        for name, field in type(self).model_fields.items():
            if stage == (field.alias or name):
                section: BaseModel = getattr(self, name)
                return section
        raise ParamsError(f"no section {stage!r}; sections: {', '.join(SECTIONS)}")


SECTIONS = tuple(field.alias or name for name, field in Params.model_fields.items())
"""The sections of params.yaml in their order."""

STAGES = tuple(name for name in SECTIONS if name not in ("promote", "sweep"))
"""The stages in the order in which they run."""
