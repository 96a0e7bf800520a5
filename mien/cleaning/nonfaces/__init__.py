"""Pictures without a face, found from the pixels alone: `nonface_scores`."""

from mien.cleaning.nonfaces.scores import nonface_scores

__all__ = ["nonface_scores"]
