"""Mien: train, judge and use facial-emotion models.

The library knows neither Prefect nor DVC nor MLflow, and importing it imports nothing heavy:
take the module you need, as in `from mien import cleaning`.
"""

__version__ = "0.1.0"
