"""Judging a model on a data set that it was not made from: `python -m tasks.judge MODEL DATA`.

Labels meet classes by the name of the emotion, never by code: 0 is angry in FER2013 and neutral in AffectNet. What the
model has learnt as another class counts as that one. What it has no class for is left out and counted, and becomes
nothing else.
"""
