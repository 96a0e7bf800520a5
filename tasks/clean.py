"""Stage `clean`: drop faces that carry no information, twins of test faces, and twins that disagree or only repeat.

Reads build/ingest, writes build/clean/{kept.parquet, dropped.parquet, doubtful.parquet, gallery.png, summary.json}.
"""

from pathlib import Path

from mien.cleaning import Cleaned, clean_faces
from mien.cleaning.pictures import removed_sheet
from mien.cleaning.rules import REVIEW_BITS
from mien.datasets.table import Faces
from mien.errors import DataError
from mien.gallery import write_png
from mien.params import CleanParams
from tasks.stage import Outcome, run_stage, stage_folder

KEPT, DROPPED, DOUBTFUL, GALLERY = "kept.parquet", "dropped.parquet", "doubtful.parquet", "gallery.png"


def clean(params: CleanParams) -> Outcome:
    """Run the rules and write their outcome, also where it is then refused."""
    faces = Faces.load(stage_folder("ingest"))
    folder = stage_folder("clean")
    cleaned = clean_faces(faces, params)
    folder.mkdir(parents=True, exist_ok=True)
    cleaned.kept.to_parquet(folder / KEPT, index=False)
    cleaned.dropped.to_parquet(folder / DROPPED, index=False)
    cleaned.doubts.table.to_parquet(folder / DOUBTFUL, index=False)
    write_png(folder / GALLERY, removed_sheet(faces.images, cleaned))
    _check_share(cleaned, params.max_dropped_share, folder)
    judged = len(cleaned.doubts.table) > 0
    notes = [*_notes(cleaned), *_few(cleaned, params)]
    return Outcome(_metrics(cleaned), [DROPPED, *([DOUBTFUL] if judged else []), GALLERY], notes)


def _check_share(cleaned: Cleaned, limit: float, folder: Path) -> None:
    share = len(cleaned.dropped) / max(1, len(cleaned))
    if share > limit:
        raise DataError(
            f"{len(cleaned.dropped):,} of {len(cleaned):,} faces ({share:.1%}) would be dropped, more than "
            f"clean.max_dropped_share in params.yaml allows ({limit:.1%}): {_counts(cleaned)}. "
            f"Look at {(folder / GALLERY).as_posix()}, then loosen a rule or raise the limit."
        )


def _metrics(cleaned: Cleaned) -> dict[str, float | int]:
    sizes = cleaned.group_sizes
    return {
        "kept": len(cleaned.kept),
        "dropped": len(cleaned.dropped),
        **{f"dropped.{reason}": count for reason, count in cleaned.reasons.items()},
        "twin_in_training": int(cleaned.kept["twin_in_training"].sum()),
        "twin_groups": len(sizes),
        "largest_twin_group": int(sizes.max(initial=1)),
        "near_pairs": len(cleaned.near),
        "review": len(cleaned.review),
        **_doubts(cleaned),
    }


def _doubts(cleaned: Cleaned) -> dict[str, float | int]:
    doubts = cleaned.doubts
    if not len(doubts.table):
        return {}
    return {"labels.judged": len(doubts.table), "labels.believed": doubts.believed, "labels.wrong": doubts.wrong}


def _notes(cleaned: Cleaned) -> list[str]:
    notes = [f"kept {len(cleaned.kept):,} of {len(cleaned):,} faces; dropped: {_counts(cleaned)}"]
    leaked = int(cleaned.kept["twin_in_training"].sum())
    if leaked:
        notes.append(f"{leaked:,} test faces are pixel-identical to a Training face of the source")
    if len(cleaned.review):
        low, high = REVIEW_BITS
        notes.append(
            f"{len(cleaned.review):,} kept faces have a histogram of {low:g} to {high:g} bits; lowest: {GALLERY}"
        )
    doubts = cleaned.doubts
    if len(doubts.table):
        notes.append(
            f"networks that had not seen the face agree with {doubts.believed:.1%} of {len(doubts.table):,} Training "
            f"labels; about {doubts.wrong:,} seem wrong, the least believed first in {DOUBTFUL} and {GALLERY}"
        )
    return notes


def _few(cleaned: Cleaned, params: CleanParams) -> list[str]:
    if params.nonfaces is None or cleaned.kept["nonface"].notna().any():
        return []
    return [
        f"nobody looked for pictures without a face: {params.nonfaces.drop_percent:g} % of the rows of "
        f"{' and '.join(params.nonfaces.usages)} (clean.nonfaces) is less than one"
    ]


def _counts(cleaned: Cleaned) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in cleaned.reasons.items())


if __name__ == "__main__":
    run_stage(clean)
