"""Stage `split`: say which faces teach, choose and judge, and which labels are classes.

Reads build/clean/{kept.parquet, dropped.parquet}, writes build/split/{faces.parquet, excluded.parquet, classes.json,
summary.json}.
"""

import json

import pandas as pd

from mien.params import SplitParams
from mien.reasons import PIXEL_REASONS
from mien.soundness import soundness
from mien.splitting import Split, split_faces
from tasks.stage import Outcome, run_stage, stage_folder

FACES, EXCLUDED, CLASSES = "faces.parquet", "excluded.parquet", "classes.json"


def split(params: SplitParams) -> Outcome:
    """Split the kept faces and write both tables."""
    kept = pd.read_parquet(stage_folder("clean") / "kept.parquet")
    parted = split_faces(kept, params)
    folder = stage_folder("split")
    folder.mkdir(parents=True, exist_ok=True)
    parted.faces.to_parquet(folder / FACES, index=False)
    parted.excluded.to_parquet(folder / EXCLUDED, index=False)
    (folder / CLASSES).write_text(json.dumps(parted.classes) + "\n", encoding="utf-8")
    dropped = pd.read_parquet(stage_folder("clean") / "dropped.parquet")
    return Outcome(_metrics(parted), [CLASSES, EXCLUDED], [*_notes(parted), *_unjudged(parted, dropped)])


def _metrics(parted: Split) -> dict[str, int]:
    metrics = {"classes": len(parted.classes), "excluded": len(parted.excluded)}
    for side, row in parted.counts.iterrows():
        metrics[str(side)] = int(row.sum())
        metrics.update({f"{side}.{name}": int(count) for name, count in row.items()})
    return metrics | {f"excluded.{reason}": count for reason, count in parted.reasons.items()}


def _notes(parted: Split) -> list[str]:
    sides = ", ".join(f"{side} {int(row.sum()):,}" for side, row in parted.counts.iterrows())
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in parted.reasons.items()) or "none"
    origin = ", ".join(
        f"{side} from {' and '.join(sorted(rows['usage'].unique()))}" for side, rows in parted.faces.groupby("split")
    )
    statement = soundness(parted.faces).statement  # now, not after hours of training
    return [
        f"{sides} faces of {len(parted.classes)} classes ({', '.join(parted.classes)}); excluded: {reasons}",
        origin,
        *([statement] if statement else []),
    ]


def _unjudged(parted: Split, dropped: pd.DataFrame) -> list[str]:
    """What `clean` dropped by its pixels and might have been a test face."""
    usages = sorted(parted.faces.loc[parted.faces["split"] == "test", "usage"].unique())
    count = int((dropped["usage"].isin(usages) & dropped["reason"].isin(PIXEL_REASONS)).sum())
    if not count:
        return []
    return [
        f"of {' and '.join(usages)}, where the test faces are from, clean dropped {count:,} by their pixels "
        f"({', '.join(PIXEL_REASONS)}): the figures say nothing about such faces"
    ]


if __name__ == "__main__":
    run_stage(split)
