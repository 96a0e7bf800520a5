"""Stage `ingest`: read data/ into one array of images and one table of faces.

Writes build/ingest/{images.npy, faces.parquet, refused.parquet, fingerprint.json, preparation.json, summary.json}.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mien.datasets import fer2013, ferplus, folder, golden
from mien.datasets.batch import Batch
from mien.datasets.detect import Detection, detect
from mien.datasets.fingerprint import (
    bytes_per_face,
    difference_warnings,
    file_facts,
    fingerprint,
    licence,
    size_warnings,
)
from mien.datasets.table import FACES, IMAGES, REFUSED, Faces
from mien.datasets.writer import Written, write_images
from mien.errors import DataError
from mien.params import IngestParams
from tasks.stage import Outcome, run_stage, stage_folder

DATA = Path("data")
FINGERPRINT = "fingerprint.json"


def ingest(params: IngestParams) -> Outcome:
    """Find the data set in data/, read it, and tell what it is like.

    Raises:
        DataError: no data set or several, a file that is not what it seems, or too many refused rows; in the last
            case everything is written first.
    """
    out = stage_folder("ingest")
    out.mkdir(parents=True, exist_ok=True)
    found = detect(DATA, params.source)
    batches, total = _batches(found, params)
    params.preparation().write(out)
    written = write_images(out, batches, params.image_size, total)
    problem = written.problem(params.max_refused_share)
    table, agreement = (written.table(), None) if problem else _with_votes(found, written)
    faces = Faces(table, np.load(out / IMAGES, mmap_mode="r"))
    facts = written.counts() | fingerprint(faces) | _source(found) | _extras(found, table, agreement)
    facts["warnings"] = _warnings(found, written, facts)
    _write(out, table, written.refused(), facts)
    if problem:
        raise DataError(problem)
    return Outcome(_metrics(facts), [FINGERPRINT, REFUSED], _notes(found, facts))


def _batches(found: Detection, params: IngestParams) -> tuple[Iterator[Batch], int | None]:
    """What the reader yields, and how many rows will come where that is known before."""
    chosen = found.chosen
    if chosen.reader == "fer2013":
        return fer2013.read(chosen.path, chosen.name, params.image_size, params.unlabeled), None
    names = {folder.place(entry.name).folder for entry in found.pictures}
    space = folder.label_space(names, params.label_space)
    return folder.read(found.pictures, space, params.image_size), len(found.pictures)


def _with_votes(found: Detection, written: Written) -> tuple[pd.DataFrame, float | None]:
    """The table of faces, with FER+'s votes and their agreement with the labels where there are any."""
    if found.votes is None or found.chosen.reader == "folder":
        return written.table(), None
    return ferplus.join(written.table(), written.read, found.votes.path, found.votes.name)


def _source(found: Detection) -> dict[str, Any]:
    """What was read and why; a folder's pictures are counted, single files have their MD5."""
    chosen = found.chosen
    files = [] if chosen.reader == "folder" else [file_facts(chosen.path, chosen.name)]
    files += [file_facts(found.votes.path, found.votes.name)] if found.votes else []
    source = {
        "kind": chosen.kind,
        "evidence": chosen.evidence,
        "files": files,
        "pictures": {"files": len(found.pictures), "bytes": sum(entry.size for entry in found.pictures)},
        "others": list(found.others),
    }
    return {"source": source, "licence": licence(DATA)}


def _extras(found: Detection, table: pd.DataFrame, agreement: float | None) -> dict[str, Any]:
    """Figures that only some sources have."""
    extras: dict[str, Any] = {}
    if found.chosen.reader == "folder":
        extras["bytes_per_face"] = bytes_per_face(table, {entry.name: entry.size for entry in found.pictures})
    if agreement is not None:
        extras["ferplus_agreement"] = round(agreement, 4)
    return extras


def _warnings(found: Detection, written: Written, facts: Mapping[str, Any]) -> list[str]:
    """What a person should know before trusting figures that come of these faces."""
    chosen = found.chosen
    warnings = difference_warnings({name: usage["spread"] for name, usage in facts["usages"].items()}, "contrast")
    if chosen.reader == "folder":
        warnings += difference_warnings(facts["bytes_per_face"], "bytes of a picture")
        warnings += size_warnings(facts["sizes"], written.colour)
        warnings += [f"{found.votes.name}: not joined, as folders have lost the order of rows"] if found.votes else []
    else:
        warnings += fer2013.header(chosen.path, chosen.name).remarks
    if chosen.kind != "folder":
        warnings += golden.warnings(facts)
    return warnings + [f"not read: {other}" for other in found.others]


def _write(out: Path, table: pd.DataFrame, refused: pd.DataFrame, facts: Mapping[str, Any]) -> None:
    table.to_parquet(out / FACES, index=False)
    refused.to_parquet(out / REFUSED, index=False)
    text = json.dumps(facts, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    (out / FINGERPRINT).write_text(text + "\n", encoding="utf-8")


def _metrics(facts: Mapping[str, Any]) -> dict[str, int]:
    names = ("read", "accepted", "refused", "unique", "redundant", "constant", "cross_usage")
    return {name: facts[name] for name in names}


def _notes(found: Detection, facts: Mapping[str, Any]) -> list[str]:
    usages = ", ".join(f"{name} {usage['rows']:,}" for name, usage in facts["usages"].items())
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in facts["reasons"].items())
    notes = [
        f"read {found.chosen}",
        f"{facts['accepted']:,} faces of {facts['read']:,} rows ({usages}); refused: {reasons or 'none'}",
        f"{facts['unique']:,} unique, {facts['redundant']:,} redundant, {facts['constant']:,} constant images; "
        f"{facts['cross_usage']:,} images in more than one Usage",
    ]
    if "ferplus_agreement" in facts:
        notes.append(f"FER+ votes joined; their top vote is the label in {facts['ferplus_agreement']:.1%} of the faces")
    if found.chosen.kind != "folder" and golden.is_copy(facts) and not golden.warnings(facts):
        notes.append("the figures are those of the genuine FER2013")
    return notes + [f"warning: {warning}" for warning in facts["warnings"]]


if __name__ == "__main__":
    run_stage(ingest)
