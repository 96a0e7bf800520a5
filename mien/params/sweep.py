"""Section `sweep` of params.yaml: which trainings are tried, and how long; no stage."""

from collections.abc import Iterator
from typing import Any, Literal, Self

from pydantic import Field, StrictFloat, StrictInt, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from mien.params.networks import NetworkParams
from mien.params.section import Section

Number = StrictInt | StrictFloat


class Dimension(Section):
    """The values that are tried for one setting: `choices`, or all from `low` to `high`."""

    choices: tuple[Number, ...] | None = Field(None, min_length=1, description="One of these.")
    low: Number | None = Field(None, description="Smallest; whole numbers where `low` and `high` are.")
    high: Number | None = Field(None, description="Largest, itself tried too.")
    log: bool = Field(False, description="As many between 1 and 10 as between 10 and 100; ranges only.")
    each: str | None = Field(None, description="Draw anew for each layer that this option of the network counts.")

    @model_validator(mode="after")
    def _choices_or_range(self) -> Self:
        if (self.choices is None) == (self.low is None and self.high is None):
            raise ValueError("give either choices, or low and high")
        if self.choices is None:
            if self.low is None or self.high is None or self.low > self.high:
                raise ValueError("low and high belong together, and low is not above high")
            if self.log and self.low <= 0:
                raise ValueError("log needs low above 0")
        elif self.log:
            raise ValueError("log is for low and high, not for choices")
        return self

    @property
    def ends(self) -> tuple[Number, ...]:
        """The values that must be allowed for all to be: every choice, or both ends of the range."""
        return self.choices or tuple(end for end in (self.low, self.high) if end is not None)


class Space(Section):
    """The settings that the trials differ in; every other one is that of section `train`."""

    network: str = Field("affectnet_cnn", description="Name of the network.")
    options: dict[str, Dimension] = Field(
        {
            "conv_layers": Dimension(low=2, high=4),
            "filters": Dimension(choices=(32, 64, 128, 256, 512), each="conv_layers"),
            "dropout": Dimension(low=0.25, high=0.5),
            "dense_layers": Dimension(low=2, high=4),
            "dense_units": Dimension(choices=(64, 128, 256, 512), each="dense_layers"),
        },
        description="Options of the network, as affectnet_cnn's report wants them tried; those not named are those of "
        "`train.network` where that is the same one, else their default.",
    )
    learning_rate: Dimension | None = Field(None, description="null: that of `train.optimizer`.")

    @model_validator(mode="after")
    def _allowed(self) -> Self:
        faults = list(self._faults())
        if faults:
            raise ValidationError.from_exception_data("space", faults)
        return self

    def _faults(self) -> Iterator[InitErrorDetails]:
        """Values that the network would refuse, each under the key of its dimension."""
        try:
            NetworkParams(name=self.network)
        except ValidationError as error:
            yield _fault("network", message=error.errors()[0]["msg"], received=self.network)
            return
        for name, dimension in self.options.items():
            if dimension.each and dimension.each not in self.options:
                yield _fault("options", name, "each", message="not in the space", received=dimension.each)
                continue
            for value in dimension.ends:
                if message := self._refusal(name, dimension, value):
                    yield _fault("options", name, message=message, received=value)
                    break
        if self.learning_rate and (min(self.learning_rate.ends) <= 0 or max(self.learning_rate.ends) > 10):
            yield _fault("learning_rate", message="must be above 0, at most 10", received=self.learning_rate.ends)

    def _refusal(self, name: str, dimension: Dimension, value: Number) -> str:
        """Why the network does not take this value, with the fewest layers where it is one for each; or empty."""
        options: dict[str, Any] = {name: value}
        if dimension.each:
            count = min(self.options[dimension.each].ends)
            options = {dimension.each: count, name: [value] * int(count)}
        try:
            NetworkParams(name=self.network, **options)
        except ValidationError as error:
            return error.errors()[0]["msg"]
        return ""


class PrunerParams(Section):
    """End a trial that is worse than the median of the finished ones was at the same epoch."""

    startup_trials: int = Field(5, ge=1, description="So many trials run to their end before any is pruned.")
    warmup_epochs: int = Field(3, ge=0, description="No trial is pruned in its first epochs.")


class SweepParams(Section):
    """How many trainings are tried, how long each is, and what they differ in. Not a stage."""

    trials: int = Field(30, ge=1, le=10000, description="Budget: trials that have ended, pruned and failed ones too.")
    hours: float | None = Field(
        None, gt=0.0, description="No trial begins so long after a start of the sweep; null: no limit."
    )
    epochs: int = Field(10, ge=1, le=10000, description="Of each trial, instead of `train.epochs`.")
    metric: Literal["val_accuracy", "val_loss"] = Field("val_accuracy", description="Of the best epoch by this figure.")
    seed: int = Field(42, ge=0, description="Of the choice of trials; each training has `train.seed`.")
    pruner: PrunerParams | None = Field(PrunerParams(), description="null: every trial runs to its end.")
    space: Space = Space()


def _fault(*key: int | str, message: str, received: object) -> InitErrorDetails:
    # Braces would be read as fields of a template.
    escaped = message.removeprefix("Value error, ").replace("{", "(").replace("}", ")")
    return InitErrorDetails(type=PydanticCustomError("space", escaped), loc=key, input=received)
