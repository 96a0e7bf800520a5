"""Which step of unfreezing an epoch belongs to, by params and epoch alone: a resumed run is in the same one."""

from mien.params import TrainParams
from mien.params.unfreezing import UnfreezeStep


def steps(params: TrainParams) -> tuple[UnfreezeStep, ...] | None:
    """The steps; None where everything learns from the start, as random weights must: frozen they say nothing."""
    return params.unfreeze if params.network.options.get("weights") else None


def step_of(params: TrainParams, epoch: int) -> UnfreezeStep | None:
    """The newest step that has begun in `epoch` (from 0); None where there are no steps or none has begun."""
    begun = [step for step in steps(params) or () if step.after_epochs <= epoch]
    return begun[-1] if begun else None


def last_begin(params: TrainParams) -> int:
    """Finished epochs after which the last step begins; 0 where there are none."""
    there = steps(params)
    return there[-1].after_epochs if there else 0
