"""Stage `ingest`: read data/ into one array of images and one table of faces.

Writes build/ingest/{images.npy, landmarks.npy, faces.parquet, refused.parquet, fingerprint.json, preparation.json,
summary.json}.
Finished shards lie in build/ingest/shards, which is no output, until all are joined: a killed ingest goes on from them.
"""

import json
import math
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from mien.datasets import ferplus, fingerprint, golden
from mien.datasets.affectnet import golden as affectnet
from mien.datasets.cluster import make_shards_on
from mien.datasets.detect import AFFECTNET_KINDS, FER2013_KINDS, Detection, detect
from mien.datasets.local import make_shards
from mien.datasets.piece import Piece
from mien.datasets.reader import Reader
from mien.datasets.sources import open_reader
from mien.datasets.table import FACES, REFUSED
from mien.datasets.writer import Written, write
from mien.errors import DataError
from mien.params import IngestParams
from mien.progress import meter
from tasks.stage import Outcome, run_stage, stage_folder

DATA = Path("data")
FINGERPRINT, SHARDS = "fingerprint.json", "shards"


def ingest(params: IngestParams) -> Outcome:
    """Find the data set in data/, read it, and tell what it is like.

    Raises:
        DataError: no data set or several, a file that is not what it seems, or too many refused rows; in the last
            case everything is written first.
    """
    out = stage_folder("ingest")
    out.mkdir(parents=True, exist_ok=True)
    found = detect(DATA, params.source)
    reader = open_reader(found, params)
    params.preparation().write(out)
    written = write(out, _pieces(reader, out / SHARDS, params.dask), params.preparation().face_shape)
    problem = written.problem(params.max_refused_share)
    agreement = None if problem else _join_votes(found, written, out)
    facts = written.counts() | _figures(written, params, out) | _source(found, reader, written)
    facts |= _extras(found, written, facts, agreement)
    facts["warnings"] = _warnings(found, reader, written, facts)
    text = json.dumps(facts, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    (out / FINGERPRINT).write_text(text + "\n", encoding="utf-8")
    shutil.rmtree(out / SHARDS)
    if problem:
        raise DataError(problem)
    return Outcome(_metrics(facts), [FINGERPRINT, REFUSED], _notes(found, facts))


def _pieces(reader: Reader, scratch: Path, dask: str | None) -> Iterator[Piece]:
    """What became of each shard, in order, with the progress shown."""
    made = make_shards_on(dask, reader, scratch) if dask else make_shards(reader, scratch)
    with meter("ingest", reader.total) as progress:
        for shard in made:
            (progress.advance if shard.fresh else progress.skip)(shard.rows)
            yield Piece.load(shard.path)


def _join_votes(found: Detection, written: Written, out: Path) -> float | None:
    """Add FER+'s votes to the table where there are any that can be joined; their agreement with the labels."""
    if found.votes is None or found.chosen.reader != "fer2013":
        return None
    table, agreement = ferplus.join(pd.read_parquet(out / FACES), written.read, found.votes.path, found.votes.name)
    table.to_parquet(out / FACES, index=False)
    return agreement


def _figures(written: Written, params: IngestParams, out: Path) -> dict[str, Any]:
    table = fingerprint.coded(out / FACES)
    figures = fingerprint.image_figures(written.figures, math.prod(params.preparation().face_shape))
    return fingerprint.fingerprint(table, figures, params.image_size)


def _source(found: Detection, reader: Reader, written: Written) -> dict[str, Any]:
    """What was read and why; pictures are counted, single files have their MD5."""
    files = [fingerprint.file_facts(DATA / name, name) for name in reader.sources]
    files += [fingerprint.file_facts(found.votes.path, found.votes.name)] if found.votes else []
    source = {
        "kind": found.chosen.kind,
        "evidence": found.chosen.evidence,
        "files": files,
        "pictures": {"files": found.survey.pictures, "bytes": written.file_bytes.total()},
        "others": list(found.others),
    }
    return {"source": source, "licence": fingerprint.licence(DATA)}


def _extras(found: Detection, written: Written, facts: Mapping[str, Any], agreement: float | None) -> dict[str, Any]:
    """Figures that only some sources have."""
    extras: dict[str, Any] = {}
    if found.chosen.reader != "fer2013":
        extras["bytes_per_face"] = fingerprint.bytes_per_face(written.file_bytes, facts["usages"])
    if agreement is not None:
        extras["ferplus_agreement"] = round(agreement, 4)
    return extras


def _warnings(found: Detection, reader: Reader, written: Written, facts: Mapping[str, Any]) -> list[str]:
    """What a person should know before trusting figures that come of these faces."""
    spreads = {name: usage["spread"] for name, usage in facts["usages"].items()}
    warnings = fingerprint.difference_warnings(spreads, "contrast")
    if found.chosen.reader != "fer2013":
        warnings += [f"{found.votes.name}: not joined, as pictures have lost the order of rows"] if found.votes else []
    if found.chosen.reader == "folder":
        warnings += fingerprint.difference_warnings(facts["bytes_per_face"], "bytes of a picture")
        warnings += fingerprint.size_warnings(facts["sizes"], written.colour)
    warnings += reader.remarks()
    genuine = _genuine(found)
    warnings += genuine.warnings(facts) if genuine else []
    return warnings + [f"not read: {other}" for other in found.others]


def _genuine(found: Detection) -> ModuleType | None:
    """The figures of the genuine data set that this may be a copy of."""
    if found.chosen.kind in FER2013_KINDS:
        return golden
    return affectnet if found.chosen.kind in AFFECTNET_KINDS else None


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
    genuine = _genuine(found)
    if genuine and genuine.is_copy(facts) and not genuine.warnings(facts):
        notes.append(f"the figures are those of the genuine {genuine.NAME}")
    return notes + [f"warning: {warning}" for warning in facts["warnings"]]


if __name__ == "__main__":
    run_stage(ingest)
