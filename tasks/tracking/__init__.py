"""The only place that knows MLflow: one run for every pass of the pipeline, whoever started it.

Explicit calls, no autologging. `passes` names a pass, `store` finds the tracking store, `outbox` sends without ever
holding up training, `run` is the run itself, `models` logs and registers models, `stage` wraps a stage in all of it.
"""
