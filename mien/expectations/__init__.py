"""What the faces must be like: the suite in code, held against the data by Great Expectations."""

from mien.expectations.verdict import DATA_DOCS, RESULT, Verdict, describe, examine

__all__ = ["DATA_DOCS", "RESULT", "Verdict", "describe", "examine"]
