"""The key of a pass of the pipeline: the same for all stages of one `dvc repro`, experiment or flow.

Stages are separate processes, perhaps on separate machines; the first one that really runs makes the MLflow run and
tags it with the key, the later ones find it by the key. A pass that executes nothing therefore leaves no run.
"""

import json
import os
import platform
from pathlib import Path

import psutil


def pass_key() -> str:
    """Key of the pass that this process belongs to.

    `PIPELINE_KEY` (set by whoever orchestrates), else the DVC experiment, else the `dvc` process among our parents,
    else this process.
    """
    if key := os.environ.get("PIPELINE_KEY"):
        return key
    mark = f"{platform.node()}-{process_mark(_dvc_ancestor() or psutil.Process())}"
    if name := experiment_name():
        return f"exp-{os.environ.get('DVC_EXP_BASELINE_REV', '')[:8]}-{name}-{mark}"
    return f"dvc-{mark}"


def orchestrator_tags() -> dict[str, str]:
    """Tags for the run from whoever orchestrates (`PIPELINE_TAGS`, a JSON object of strings), e.g. a link to itself."""
    tags: dict[str, str] = json.loads(os.environ.get("PIPELINE_TAGS") or "{}")
    return tags


def process_mark(process: psutil.Process | None = None) -> str:
    """Names a process (this one by default) for ever: numbers come again, with another time of birth."""
    process = process or psutil.Process()
    return f"{process.pid}@{int(process.create_time() * 100)}"


def process_lives(mark: str) -> bool:
    """Whether the process of a `process_mark` of this machine is still there; one that waits to be reaped is not."""
    pid, _, born = mark.partition("@")
    try:
        process = psutil.Process(int(pid))
        same = abs(process.create_time() * 100 - int(born)) < 100
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def experiment_name() -> str | None:
    """Name of the DVC experiment that is running, if one is."""
    return os.environ.get("DVC_EXP_NAME")


def _dvc_ancestor() -> psutil.Process | None:
    """The nearest parent that is the program `dvc` (or `python -m dvc`)."""
    for parent in psutil.Process().parents():
        try:
            words = parent.cmdline()[:3]
        except psutil.Error:
            continue
        if any(Path(word).name == "dvc" for word in words):
            return parent
    return None
