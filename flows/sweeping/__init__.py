"""A sweep as a flow: the study and its MLflow run, trials here or on workers, what is left for people.

`hold` is the sweep from its start to its end, `here` and `workers` are the two ways to run its trials.
"""
