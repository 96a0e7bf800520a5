"""Presets side by side: published figure, ours under the seed's protocol and under the sound one, and what they cost.

`python -m mien.comparison README.md` puts the last comparison into a README.
"""

from mien.comparison.chart import chart
from mien.comparison.collect import collect
from mien.comparison.result import ALL, CLEAN, NONE, PROTOCOL_NAMES, TWINS, Result
from mien.comparison.table import markdown, table

__all__ = ["ALL", "CLEAN", "NONE", "PROTOCOL_NAMES", "TWINS", "Result", "chart", "collect", "markdown", "table"]
