"""What every setting means and what is allowed: a frozen section per stage, promotion and sweep; no unknown keys."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from mien.errors import ParamsError
from mien.labels import EMOTIONS, NON_EMOTIONS
from mien.params.cleaning import CleanParams
from mien.params.preparation import Preparation
from mien.params.ranges import RANGES, Ranges, named_ranges
from mien.params.section import Section
from mien.params.sweep import SweepParams
from mien.params.training import TrainParams


class IngestParams(Section):
    """Reading `data/` into a table of faces and an array of images."""

    source: Literal[
        "auto", "fer2013", "folder", "affectnet", "affectnet_npy", "affectnet_plus", "labels_csv", "yolo"
    ] = Field("auto", description="Reader; `auto` looks at the files and says why it chose.")
    label_space: Literal["fer2013", "affectnet"] | None = Field(
        None, description="What class folders named by digits mean; never guessed."
    )
    image_size: int = Field(48, ge=16, le=512, description="Height and width in pixels of every face.")
    color: Literal["gray", "rgb"] = Field("gray", description="Whether faces have one channel or three.")
    crop_margin: float = Field(
        0.0, ge=0.0, le=2.0, description="Share of a face's box that is added on each side, where the source has boxes."
    )
    align: bool = Field(False, description="Turn faces so that the eyes are level, where the source has landmarks.")
    unlabeled: bool = Field(False, description="Accept a file without labels (Kaggle's test.csv).")
    max_refused_share: float = Field(0.001, ge=0.0, le=1.0, description="More refused rows than this fail the stage.")
    dask: str | None = Field(
        None,
        pattern=r"^(tcp|tls|ws|wss)://\S+:\d+$",
        description="Address of a Dask scheduler (tcp://host:8786) whose workers see this folder; null: this machine.",
    )

    def preparation(self) -> Preparation:
        """How pictures become faces; goes with the model."""
        return Preparation(self.image_size, self.color, self.crop_margin, self.align)


Share = Annotated[float, Field(ge=0.0, le=1.0)]
Auto = Literal["auto"]


class ValidateParams(Section):
    """Limits of the expectations on the ingested faces; `auto` ones go by the data set (`mien.expectations.limits`)."""

    min_rows: int = Field(100, ge=1, description="Fewest faces.")
    required_classes: tuple[str, ...] = Field(
        EMOTIONS, min_length=2, description="Labels that Training must have faces of."
    )
    min_class_share: Share | Auto = Field("auto", description="Smallest share of any class.")
    max_class_share: float = Field(0.6, ge=0.0, le=1.0, description="Largest share of any class.")
    min_training_share: float = Field(0.5, ge=0.0, le=1.0, description="Smallest share of Training rows.")
    min_test_share: Share | Auto = Field(
        "auto", description="Smallest share of the larger of PublicTest and PrivateTest."
    )
    max_constant_share: float = Field(0.02, ge=0.0, le=1.0, description="Most images of one gray value.")
    max_redundant_share: float = Field(0.2, ge=0.0, le=1.0, description="Most images that repeat another one.")
    max_leaked_share: float = Field(
        0.1, ge=0.0, le=1.0, description="Most faces of a test set whose image is in Training; 8 % in FER2013."
    )
    max_conflict_share: Share | Auto = Field(
        "auto", description="Most groups of identical images whose labels differ; 4 % in FER2013."
    )
    max_label_drift: Annotated[float, Field(ge=0.0)] | Auto = Field(
        "auto", description="Largest divergence (Kullback-Leibler, nats) of a test set's labels from Training's."
    )
    max_spread_ratio: float = Field(
        1.2,
        ge=1.0,
        description="Largest ratio between the Usages' mean contrast and detail; altered copies of FER2013 exceed it.",
    )
    min_ferplus_agreement: float = Field(0.5, ge=0.0, le=1.0, description="Least agreement with FER+'s top vote.")


class ClassPolicy(Section):
    """Which labels become classes: merge, then drop, then the k largest; by default all emotions that there are."""

    non_emotions: Literal["drop", "keep"] = Field(
        "drop", description="AffectNet's none, uncertain and no-face: left out, or classes of their own."
    )
    drop: tuple[str, ...] = Field((), description="Labels left out; with contempt AffectNet has FER2013's seven.")
    merge: dict[str, str] = Field(default_factory=dict, description="Label: class that takes it in.")
    top_k: int | None = Field(None, ge=2, description="Only so many of the largest classes.")

    @field_validator("merge")
    @classmethod
    def _emotions_stay_emotions(cls, merge: dict[str, str]) -> dict[str, str]:
        for label, target in merge.items():
            if label in NON_EMOTIONS and target not in NON_EMOTIONS:
                raise ValueError(
                    f"{label!r} names no emotion and must not become {target!r}, which it would spoil; "
                    "set non_emotions to drop, or to keep for a class of its own"
                )
        return merge

    @property
    def left_out(self) -> tuple[str, ...]:
        """All labels that are no classes."""
        return self.drop if self.non_emotions == "keep" else (*self.drop, *NON_EMOTIONS)


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


class AugmentParams(Section):
    """Changed copies of training faces, made once and kept."""

    ranges: Ranges = Field(RANGES["light"], description="A name of RANGES or the values themselves.")
    copies: int = Field(1, ge=0, le=20, description="Changed copies of each training face.")
    balance: bool = Field(
        False,
        description="More copies of rare classes: each ends, originals included, at 1 + copies times the largest.",
    )
    seed: int = Field(42, ge=0)

    _names = field_validator("ranges", mode="before")(named_ranges)


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

    @field_validator("train")
    @classmethod
    def _faces_large_enough(cls, train: TrainParams, info: ValidationInfo) -> TrainParams:
        smallest = train.network.smallest
        size = info.data["ingest"].image_size if "ingest" in info.data else smallest
        if size < smallest:
            raise ValueError(
                f"network {train.network.name} needs faces of at least {smallest} x {smallest} pixels; "
                f"ingest.image_size is {size}. Raise that, or choose another network"
            )
        return train

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
