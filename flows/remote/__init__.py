"""Training on another machine: code goes through git, data and result through DVC, orders through Prefect.

`elsewhere` is the orchestrator's side, `work` the worker's.
"""
