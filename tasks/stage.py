"""What every stage does around its work: read its section, write summary.json, speak to the person, fail cleanly.

    def clean(params: CleanParams) -> Outcome: ...

    if __name__ == "__main__":
        run_stage(clean)

The function's name is the stage's: its section of params.yaml, its folder under build/, its entry in dvc.yaml.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from mien.errors import MienError, TrackingError
from mien.params import load_params
from tasks.processes import end_with_parent

BUILD = Path("build")
SUMMARY = "summary.json"
REPORTS = ("", ".json", ".html", ".png")
"""Endings of what a stage writes for people; a folder has none."""

TRY_AGAIN = 75
"""Exit code of a stage that failed for a reason that may pass: a tracking server that does not answer (sysexits.h)."""


@dataclass(frozen=True)
class Outcome:
    """What a stage has to say.

    `metrics` are plain numbers by name; `artifacts` are files or folders, relative to the stage's folder, that a
    person wants to see in MLflow; `notes` are lines for the terminal and the report: warnings and what was reached;
    `tags` are for the run.
    """

    metrics: Mapping[str, float | int]
    artifacts: Sequence[str] = ()
    notes: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


def stage_folder(stage: str) -> Path:
    """The folder of a stage, `build/<stage>`; made by whoever writes into it."""
    return BUILD / stage


def run_stage(stage: Callable[[Any], Outcome]) -> None:
    """Run a stage as the program that DVC starts; a `MienError` becomes a message and exit code 1."""
    name = stage.__name__
    with stage_process(name) as params:
        try:
            outcome = stage(params)
        except MienError as error:
            _leave_record(name, params, str(error))
            raise
        finish(name, params, outcome)


def _leave_record(stage: str, params: BaseModel, message: str) -> None:
    """Have the failed pass logged with the reports that the stage has written, by a process that knows MLflow."""
    files = [path.name for path in stage_folder(stage).iterdir() if path.suffix in REPORTS]
    reports = sorted(name for name in files if name != SUMMARY)
    write_summary(stage, params.model_dump(mode="json"), Outcome({}, reports, [f"failed: {message}"]))
    subprocess.run([sys.executable, "-m", "tasks.tracking.failure", stage], check=False)
    (stage_folder(stage) / SUMMARY).unlink()


@contextmanager
def stage_process(stage: str) -> Iterator[BaseModel]:
    """The frame of a stage's process: yields its section of params.yaml and turns errors into messages."""
    end_with_parent()
    try:
        params = load_params().section(stage)
        stage_folder(stage).mkdir(parents=True, exist_ok=True)
        yield params
    except MienError as error:
        print(f"\n{stage} failed: {error}", file=sys.stderr)
        sys.exit(TRY_AGAIN if isinstance(error, TrackingError) else 1)


def finish(stage: str, params: BaseModel, outcome: Outcome) -> None:
    """Write the summary and say the notes."""
    write_summary(stage, params.model_dump(mode="json"), outcome)
    for note in outcome.notes:
        print(f"{stage}: {note}")


def write_summary(stage: str, params: dict[str, Any], outcome: Outcome) -> None:
    """Write what the tracking store is told of this stage.

    Params and a digest of the stage's code are part of it, so that whatever makes DVC run a stage changes the summary
    too, and `register`, which depends on all summaries, leaves a run for every pass that executed something.
    """
    summary = {
        "stage": stage,
        "params": params,
        "code": code_digest(stage),
        "metrics": dict(outcome.metrics),
        "artifacts": list(outcome.artifacts),
        "notes": list(outcome.notes),
        "tags": dict(outcome.tags),
    }
    text = json.dumps(summary, indent=2, sort_keys=True, allow_nan=False)
    (stage_folder(stage) / SUMMARY).write_text(text + "\n", encoding="utf-8")


def code_digest(stage: str) -> str:
    """MD5 over the files of our own code that dvc.yaml names as dependencies of `stage`."""
    definition = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"][stage]
    digest = hashlib.md5(usedforsecurity=False)
    for path in sorted(file for dep in definition["deps"] for file in _code_files(Path(dep))):
        digest.update(path.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _code_files(dep: Path) -> list[Path]:
    if dep.parts[0] not in ("mien", "tasks"):
        return []
    if dep.is_file():
        return [dep]
    return [path for path in dep.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
