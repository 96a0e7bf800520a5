"""The report: one HTML file that explains what was read, dropped, trained and reached, and needs nothing else."""

from mien.report.facts import BuildFacts, collect
from mien.report.page import render

__all__ = ["BuildFacts", "collect", "render"]
