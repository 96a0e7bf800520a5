"""When which part of a backbone begins to learn."""

import math
from collections.abc import Sequence
from itertools import pairwise

from pydantic import Field

from mien.params.section import Section


class UnfreezeStep(Section):
    """From when on how much of a backbone learns."""

    after_epochs: int = Field(ge=0, description="Finished epochs after which the step begins.")
    blocks: int | None = Field(None, ge=1, description="How many of its last blocks learn; null: all.")
    factor: float = Field(1.0, gt=0.0, le=1.0, description="The learning rate is multiplied by it.")


def check_steps(steps: Sequence[UnfreezeStep]) -> None:
    """Refuse steps that go back.

    Raises:
        ValueError: a step that begins no later than the one before it, or has fewer blocks learn.
    """
    for step, following in pairwise(steps):
        if following.after_epochs <= step.after_epochs:
            raise ValueError("each step must begin after the one before it")
        if (following.blocks or math.inf) < (step.blocks or math.inf):
            raise ValueError("a step cannot have fewer blocks learn than the one before it")
