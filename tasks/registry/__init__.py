"""The registered model in MLflow's registry: aliases, versions, their files, and moving the alias `champion`.

No stage imports this: promotion is not part of the pipeline's graph, and an edit here makes nothing train again.
"""
