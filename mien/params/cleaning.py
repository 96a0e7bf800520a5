"""Section `clean` of params.yaml: a switch for each rule, and its limits."""

from typing import Literal, Self

from pydantic import Field, model_validator

from mien.params.section import Section

Usage = Literal["Training", "PublicTest", "PrivateTest"]


class EntropyRule(Section):
    """Drop faces that carry little information; exactly one of the two limits."""

    method: Literal["global", "local"] = Field(
        "local",
        description="Entropy of the whole histogram, or of a window around each pixel, summed (as blog_cnn's post).",
    )
    drop_percent: float | None = Field(None, ge=0.0, lt=100.0, description="Drop the lowest int(n * percent / 100).")
    min_bits: float | None = Field(None, ge=0.0, le=8.0, description="Drop below so many bits per pixel.")
    usages: tuple[Usage, ...] = Field(("Training",), description="Which rows the rule ranks and drops.")

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.drop_percent is None) == (self.min_bits is None):
            raise ValueError("give exactly one of drop_percent and min_bits")
        return self


class DoubtfulLabels(Section):
    """Judge each Training label by models that were trained without its row; drop the labels least believed."""

    drop_percent: float = Field(
        0.0, ge=0.0, lt=50.0, description="Drop int(n * percent / 100) of the n rows judged; 0: only report them."
    )
    folds: int = Field(5, ge=2, le=20, description="Networks, each judging the share of rows that it has not seen.")
    epochs: int | None = Field(None, ge=1, description="Of each network; null: 80 for 2,000 rows, fewer for more.")
    seed: int = Field(42, ge=0)


class NonfaceRule(Section):
    """Drop pictures without a face, found from the pixels alone."""

    drop_percent: float = Field(
        0.5, ge=0.0, lt=100.0, description="Drop int(n * percent / 100), those least like a face first."
    )
    usages: tuple[Usage, ...] = Field(("Training",), description="Which rows the rule learns from, ranks and drops.")


class CleanParams(Section):
    """Which faces to drop; each rule has its own switch.

    The test sets of an official split stay whole but for constant images and for what `entropy` and `nonfaces` drop of
    Usages named there. A stratified split draws its test faces from what all rules have left.
    """

    constant: bool = Field(True, description="Drop images of one gray value, in every Usage.")
    entropy: EntropyRule | None = Field(None, description="null: no entropy rule.")
    nonfaces: NonfaceRule | None = Field(None, description="null: nobody looks for pictures without a face.")
    within: bool = Field(True, description="Inside Training keep the first of each group of twins.")
    conflicts: bool = Field(True, description="Drop Training twins whose labels disagree.")
    across: bool = Field(True, description="Drop Training faces that have a twin in a test set.")
    near: bool = Field(True, description="Count nearly equal images as twins too, not only identical ones.")
    near_threshold: float = Field(
        0.94,
        gt=0.5,
        le=1.0,
        description="Least correlation of two images that makes them near twins; on FER2013 other people begin at .93.",
    )
    doubtful_labels: DoubtfulLabels | None = Field(None, description="null: labels are believed as they are.")
    max_dropped_share: float = Field(0.25, ge=0.0, le=1.0, description="More dropped faces than this fail the stage.")
