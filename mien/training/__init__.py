"""Training that can be killed: the loop, its data, its schedules and its checkpoints.

`trainer.train_model` is the way in. It imports Keras, this package does not.
"""

from mien.training.reports import EpochReport

__all__ = ["EpochReport"]
