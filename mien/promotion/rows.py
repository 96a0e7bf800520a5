"""The rows on which models may be compared: test rows that none of them has learned from."""

from collections.abc import Mapping

import pandas as pd

from mien.errors import DataError
from mien.evaluation.held_out import image_ids


def comparable(
    test: pd.DataFrame, held_out: Mapping[str, frozenset[str]], min_rows: int
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The rows of `test` whose image was held out for every model, and how many were not, by model.

    Args:
        test: today's test rows, as in build/split/faces.parquet.
        held_out: for each model, by a name for people, the images it was judged on (`mien.evaluation.held_out`).
        min_rows: fewest clean rows; these are the ones that neither model can have seen.

    Raises:
        DataError: too few are left.
    """
    images = image_ids(test)
    inside = {name: images.isin(list(known)) for name, known in held_out.items()}
    rows = test[pd.concat(inside, axis=1).all(axis=1)]
    left_out = {name: int((~known).sum()) for name, known in inside.items()}
    clean = int((~rows["twin_in_training"]).sum())
    if clean < min_rows:
        missing = ", ".join(f"{count:,} were no test rows of {name}" for name, count in left_out.items())
        raise DataError(
            f"{len(test):,} test rows: {missing}. {len(rows):,} are left, {clean:,} of them clean (no twin among the "
            f"Training rows); promote.min_rows in params.yaml asks for {min_rows:,}. Compare on the split that both "
            "were judged on, or train the older one again on today's; without alias 'champion' the absolute gates "
            "decide."
        )
    return rows, left_out
