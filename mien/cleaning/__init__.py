"""Which faces to leave out before anything is learned from them: `clean_faces` and the measures under it."""

from mien.cleaning.rules import Cleaned, clean_faces

__all__ = ["Cleaned", "clean_faces"]
