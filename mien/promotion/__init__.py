"""Champion against challenger: the same rows, both answers, and whether the difference is more than chance."""

from mien.promotion.contender import Contender, Judged, judge_contenders, milliseconds_per_face
from mien.promotion.rows import comparable
from mien.promotion.verdict import Verdict, judge

__all__ = ["Contender", "Judged", "Verdict", "comparable", "judge", "judge_contenders", "milliseconds_per_face"]
