"""From the space of section `sweep` to the settings of one training."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mien.params import Dimension, SweepParams, TrainParams
from mien.params.networks import BACKBONE


class Draw(Protocol):
    """Chooses values by name, as a trial of Optuna does; a trial that has ended gives back those it had."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:  # noqa: ANN401
        """One of the choices."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """A whole number, both ends possible."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """A number."""


def trial_params(train: TrainParams, sweep: SweepParams, draw: Draw) -> TrainParams:
    """The settings of a trial: those of section `train` with what is drawn in their place.

    A dimension with `each` is drawn once for each layer, as `filters_1`, `filters_2` and so on.

    Raises:
        ValidationError: what was drawn does not fit together, or not with section `train`.
    """
    options = kept_options(train, sweep)
    for name, dimension in sorted(sweep.space.options.items(), key=lambda item: item[1].each is not None):
        if dimension.each:
            layers = range(1, int(options[dimension.each]) + 1)
            options[name] = [_value(draw, f"{name}_{layer}", dimension) for layer in layers]
        else:
            options[name] = _value(draw, name, dimension)
    settings = train.model_dump()
    settings["network"] = {"name": sweep.space.network, **options}
    if sweep.space.network != BACKBONE:
        settings["unfreeze"] = None  # steps of a backbone in section `train`
    if sweep.space.learning_rate:
        settings["optimizer"]["learning_rate"] = _value(draw, "learning_rate", sweep.space.learning_rate)
    return TrainParams.model_validate({**settings, "epochs": sweep.epochs})


def kept_options(train: TrainParams, sweep: SweepParams) -> dict[str, Any]:
    """Options of the network that are not drawn: those of section `train` where it has the same network."""
    options = train.network.options if train.network.name == sweep.space.network else {}
    return {name: value for name, value in options.items() if name not in sweep.space.options}


class Lowest:
    """Draws the first choice, or the smallest value."""

    def suggest_categorical(self, _name: str, choices: Sequence[Any]) -> Any:  # noqa: ANN401
        """The first one."""
        return choices[0]

    def suggest_int(self, _name: str, low: int, _high: int, *, log: bool = False) -> int:  # noqa: ARG002
        """The smallest."""
        return low

    def suggest_float(self, _name: str, low: float, _high: float, *, log: bool = False) -> float:  # noqa: ARG002
        """The smallest."""
        return low


def _value(draw: Draw, name: str, dimension: Dimension) -> float:
    if dimension.choices is not None:
        return draw.suggest_categorical(name, dimension.choices)  # type: ignore[no-any-return]
    low, high = dimension.ends
    if isinstance(low, int) and isinstance(high, int):
        return draw.suggest_int(name, low, high, log=dimension.log)
    return draw.suggest_float(name, low, high, log=dimension.log)


def in_words(drawn: Mapping[str, Any]) -> str:
    """What was drawn, for people: `conv_layers 2, filters 32-64, dropout 0.3`."""
    words: dict[str, str] = {}
    for name, value in drawn.items():
        text = f"{value:.3g}" if isinstance(value, float) else str(value)
        base, _, layer = name.rpartition("_")
        if layer.isdigit() and base:
            words[base] = f"{words[base]}-{text}" if base in words else text
        else:
            words[name] = text
    return ", ".join(f"{name} {text}" for name, text in words.items())
