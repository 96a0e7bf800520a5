"""Which step of unfreezing an epoch belongs to, by params and epoch alone: a resumed run is in the same one."""

from mien.params import TrainParams
from mien.params.unfreezing import UnfreezeStep


def step_of(params: TrainParams, epoch: int) -> UnfreezeStep | None:
    """The newest step that has begun in `epoch` (from 0); None where there are no steps or none has begun."""
    begun = [step for step in params.unfreeze or () if step.after_epochs <= epoch]
    return begun[-1] if begun else None


def last_begin(params: TrainParams) -> int:
    """Finished epochs after which the last step begins; 0 where there are none."""
    return params.unfreeze[-1].after_epochs if params.unfreeze else 0
