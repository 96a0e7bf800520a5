"""Trying many trainings: an Optuna study over the space of section `sweep`.

`space` makes the settings of a trial, `study` opens and resumes, `trials` runs. Knows Optuna and Keras; what happens
to the trials is told to whoever asks for it (`trials.Log`).
"""
