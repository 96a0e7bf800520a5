"""Training on another machine: code goes through git, data and result through DVC, orders through Prefect.

`elsewhere` is the orchestrator's side, `work` the worker's.
"""

from flows.remote.elsewhere import RemoteResult, train_elsewhere

__all__ = ["RemoteResult", "train_elsewhere"]
