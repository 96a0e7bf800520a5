"""The networks' names and options, which need no Keras to be checked; `mien.networks` has their layers."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

Rate = Annotated[float, Field(ge=0.0, lt=1.0)]
"""Share of values that a dropout layer sets to 0 in training, 0 to below 1."""

Filters = Annotated[int, Field(ge=32, le=512)]
Units = Annotated[int, Field(ge=16, le=4096)]


class NetworkOptions(BaseModel):
    """Base of the options: values are not converted (`"0.3"` is no number) and unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @property
    def smallest(self) -> int:
        """Smallest height and width in pixels of a face that leave at least one pixel behind the last pooling."""
        return 1


class BlogCnnOptions(NetworkOptions):
    """Of `blog_cnn`."""

    dropout: Rate = Field(0.3, description="0 to below 1; before the dense layer.")

    @property
    def smallest(self) -> int:
        """Three halvings, the first of which rounds up."""
        return 7


class AffectnetCnnOptions(NetworkOptions):
    """Of `affectnet_cnn`.

    `dense_layers` counts hidden layers only: the softmax layer comes on top, as it does in the report's list. Where
    `filters` or `dense_units` is one number, every layer has it; a list names them one by one.
    """

    conv_layers: int = Field(
        3, ge=2, le=4, description="2 to 4; convolutions 3x3, zero padding, ReLU, max pooling 2x2."
    )
    filters: Filters | Sequence[Filters] = Field(64, description="32 to 512; of each convolution, or a list.")
    dropout: float = Field(0.25, ge=0.25, le=0.5, description="0.25 to 0.5; after each pooling.")
    dense_layers: int = Field(2, ge=2, le=4, description="2 to 4; hidden, ReLU; the softmax layer not counted.")
    dense_units: Units | Sequence[Units] = Field(256, description="16 to 4096; of each dense layer, or a list.")

    @property
    def smallest(self) -> int:
        """Each convolution is followed by a halving."""
        return int(2**self.conv_layers)

    @model_validator(mode="after")
    def _lengths_agree(self) -> Self:
        for name, count in (("filters", self.conv_layers), ("dense_units", self.dense_layers)):
            values = getattr(self, name)
            if not isinstance(values, int) and len(values) != count:
                layers_of = "conv_layers" if name == "filters" else "dense_layers"
                raise ValueError(f"{name} has {len(values)} entries, {layers_of} is {count}")
        return self


class DeepCnnOptions(NetworkOptions):
    """Of `deep_cnn`."""

    dropout: Rate = Field(0.4, description="0 to below 1; after each pooling.")
    dense_dropout: Rate = Field(0.6, description="0 to below 1; after the dense layer.")

    @property
    def smallest(self) -> int:
        """Three halvings."""
        return 8


class MememojiOptions(NetworkOptions):
    """Of `mememoji`."""

    dropout: Rate = Field(0.3, description="0 to below 1; before the first dense layer.")

    @property
    def smallest(self) -> int:
        """Three halvings."""
        return 8


class VggSmallOptions(NetworkOptions):
    """Of `vgg_small`. The source gives no rates of dropout; these are the usual ones for its kind."""

    filters: int = Field(16, ge=1, le=512, description="1 to 512; of the first block, doubled in each of the next two.")
    dropout: Rate = Field(0.25, description="0 to below 1; after each pooling.")
    dense_dropout: Rate = Field(0.5, description="0 to below 1; after the dense layer.")

    @property
    def smallest(self) -> int:
        """Each block takes four pixels and halves the rest."""
        return 36


class BackboneOptions(NetworkOptions):
    """Of `backbone`: a network of `keras.applications`, whose weights are never downloaded."""

    architecture: Literal["mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_v2_b0"] = "mobilenet_v3_small"
    size: int = Field(96, ge=32, le=512, description="Pixels, height and width to which the model resizes faces.")
    weights: str | None = Field(
        None, description='"notop" weights of Keras: a path from the root of the project; null: random weights.'
    )
    weights_sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="Of that file: its content counts, not its name."
    )
    dropout: Rate = Field(0.2, description="0 to below 1; before the softmax layer.")

    @field_validator("weights")
    @classmethod
    def _below_the_root(cls, weights: str | None) -> str | None:
        if weights is not None and (PurePath(weights).is_absolute() or ".." in PurePath(weights).parts):
            raise ValueError(
                "must be a path from the root of the project to a file in it, without '/' in front or '..'"
            )
        return weights

    @model_validator(mode="after")
    def _digest_of_a_file(self) -> Self:
        if self.weights is None and self.weights_sha256 is not None:
            raise ValueError("weights_sha256 is given, but weights names no file")
        return self


BACKBONE = "backbone"
"""The network that `train.unfreeze` is for."""

NETWORK_OPTIONS: Mapping[str, type[NetworkOptions]] = MappingProxyType(
    {
        "blog_cnn": BlogCnnOptions,
        "affectnet_cnn": AffectnetCnnOptions,
        "deep_cnn": DeepCnnOptions,
        "mememoji": MememojiOptions,
        "vgg_small": VggSmallOptions,
        BACKBONE: BackboneOptions,
    }
)
"""The options of every network; `mien.networks.NETWORKS` has its layers under the same name."""


class NetworkParams(BaseModel):
    """Name of a network and, beside it, its options."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str = "vgg_small"

    @model_validator(mode="after")
    def _known(self) -> Self:
        faults = list(_faults(self.name, self.options))
        if faults:
            raise ValidationError.from_exception_data("network", faults)
        return self

    @property
    def options(self) -> dict[str, Any]:
        """Keyword arguments for the builder."""
        return dict(self.model_extra or {})

    @property
    def whole(self) -> dict[str, Any]:
        """Name and all options, those that are not given by their defaults."""
        return {"name": self.name, **self._checked.model_dump(mode="json")}

    @property
    def smallest(self) -> int:
        """Smallest height and width in pixels of a face that it can take."""
        return self._checked.smallest

    @property
    def _checked(self) -> NetworkOptions:
        return NETWORK_OPTIONS[self.name](**self.options)


def _faults(name: str, options: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """What is wrong, each under its key.

    Pydantic tries "a number or a list" both ways and reports both; the one that got deeper is the one meant.
    """
    if name not in NETWORK_OPTIONS:
        yield _fault("name", message=f"no network of that name; known: {', '.join(NETWORK_OPTIONS)}", received=name)
        return
    errors = _errors(NETWORK_OPTIONS[name], options)
    for error in errors:
        key = error["loc"][:1]
        if len(error["loc"]) == max(len(other["loc"]) for other in errors if other["loc"][:1] == key):
            yield _fault(*key, message=_message(error, name), received=error["input"])


def _errors(kind: type[NetworkOptions], options: Mapping[str, object]) -> list[ErrorDetails]:
    try:
        kind.model_validate(options)
    except ValidationError as error:
        return error.errors()
    return []


def _message(error: ErrorDetails, name: str) -> str:
    if error["type"] == "extra_forbidden":
        return f"{name} has no such option; known: {', '.join(NETWORK_OPTIONS[name].model_fields)}"
    return error["msg"].removeprefix("Value error, ")


def _fault(*key: int | str, message: str, received: object) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("network", message), loc=key, input=received)
