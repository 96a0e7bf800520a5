"""What `clean` removed, for people to look at."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mien.cleaning.rules import NO_TWIN, REASONS, REVIEW_BITS, Cleaned
from mien.gallery import Section, Tile, sheet
from mien.reasons import Reason

SHOWN, DOUBTS_SHOWN = 24, 60
"""Most tiles of a section."""

MEANINGS: Mapping[Reason, str] = {
    Reason.CONSTANT: "one gray value only",
    Reason.LOW_ENTROPY: "least information; the lowest first",
    Reason.NOT_A_FACE: "least like a face; the least first, with its score",
    Reason.DUPLICATE_ACROSS: "Training face (left) with a twin in a test set (right)",
    Reason.LABEL_CONFLICT: "Training face (left) with a twin of another label (right)",
    Reason.DUPLICATE_WITHIN: "Training face (left) that repeats an earlier one (right)",
    Reason.DOUBTFUL_LABEL: "labels least believed, dropped or not: given -> suggested, probability of the given one",
}


def removed_sheet(images: np.ndarray, cleaned: Cleaned) -> np.ndarray:
    """Draw a sample of the dropped faces for each reason, twins side by side, and of the kept ones worth a review.

    Args:
        images: all images, uint8 (N, H, W) or (N, H, W, 3), by `face`.
        cleaned: what `clean_faces` made of them.

    Returns:
        The page, uint8 (height, width, 3) RGB.
    """
    rows = {int(face): (usage, label) for face, usage, label in _names(cleaned)}
    sections = [_dropped(images, cleaned, reason, rows) for reason in REASONS if reason != Reason.DOUBTFUL_LABEL]
    sections += [_doubts(images, cleaned), _review(images, cleaned)]
    return sheet(sections, title=f"Cleaning: {len(cleaned.dropped):,} of {len(cleaned):,} faces dropped")


def _names(cleaned: Cleaned) -> np.ndarray:
    columns = ["face", "usage", "label"]
    return pd.concat([cleaned.kept[columns], cleaned.dropped[columns]]).to_numpy()


def _dropped(images: np.ndarray, cleaned: Cleaned, reason: Reason, names: Mapping[int, tuple[str, str]]) -> Section:
    rows = cleaned.dropped[cleaned.dropped["reason"] == reason]
    measure, unit = ("nonface", "") if reason == Reason.NOT_A_FACE else ("entropy", " bits")
    tiles = [
        _pair(images, (face, twin), names) if twin != NO_TWIN else _single(images, face, label, f"{value:.2f}{unit}")
        for face, twin, label, value in _shown(rows, reason)[["face", "twin", "label", measure]].itertuples(index=False)
    ]
    return Section(f"{reason}: {len(rows):,}", tiles, MEANINGS[reason] if len(rows) else "none")


def _doubts(images: np.ndarray, cleaned: Cleaned) -> Section:
    rows = cleaned.doubts.table[["face", "label", "suggested", "score"]].head(DOUBTS_SHOWN)
    tiles = [
        Tile([images[face]], f"{face}\n{label}\n-> {suggested}\n{score:.1%}")
        for face, label, suggested, score in rows.itertuples(index=False)
    ]
    reason = Reason.DOUBTFUL_LABEL
    return Section(f"{reason}: {cleaned.reasons[reason]:,}", tiles, MEANINGS[reason] if tiles else "not looked for")


def _review(images: np.ndarray, cleaned: Cleaned) -> Section:
    low, high = REVIEW_BITS
    rows = cleaned.review[["face", "label", "bits"]].head(SHOWN)
    tiles = [_single(images, face, label, f"{bits:.2f} bits") for face, label, bits in rows.itertuples(index=False)]
    note = f"histogram entropy of {low:g} to {high:g} bits, lowest first: placeholders, text, cut-outs; also real faces"
    return Section(f"kept, for review: {len(cleaned.review):,}", tiles, note)


def _shown(rows: pd.DataFrame, reason: Reason) -> pd.DataFrame:
    """The rows that a rule by rank is surest of; of other rules a sample."""
    if reason == Reason.LOW_ENTROPY:
        return rows.nsmallest(SHOWN, "entropy")
    return rows.nlargest(SHOWN, "nonface") if reason == Reason.NOT_A_FACE else _spread(rows)


def _spread(rows: pd.DataFrame) -> pd.DataFrame:
    """At most SHOWN rows, evenly from first to last."""
    return rows.iloc[np.unique(np.linspace(0, len(rows) - 1, min(SHOWN, len(rows))).astype(int))]


def _single(images: np.ndarray, face: int, label: str, measure: str) -> Tile:
    return Tile([images[face]], f"{face}\n{label or 'no label'}\n{measure}")


def _pair(images: np.ndarray, pair: Sequence[int], names: Mapping[int, tuple[str, str]]) -> Tile:
    lines = (f"{face} {names[face][0]} {names[face][1] or 'no label'}" for face in pair)
    return Tile([images[face] for face in pair], "\n".join(lines))
