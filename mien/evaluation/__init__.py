"""Judging a network: from rows and its probabilities to figures, tables and pictures."""

from mien.evaluation.judging import Evaluation, Rows, evaluate

__all__ = ["Evaluation", "Rows", "evaluate"]
