"""The one error of this package."""

from mien.errors import DataError
from mien.reasons import Reason


class ImageError(DataError):
    """A picture that cannot be used, with the reason that goes into refused.parquet."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
