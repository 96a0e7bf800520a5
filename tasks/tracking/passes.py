"""The key of a pass of the pipeline: the same for all stages of one `dvc repro`, experiment or flow.

Stages are separate processes, perhaps on separate machines; the first one that really runs makes the MLflow run and
tags it with the key, the later ones find it by the key. A pass that executes nothing therefore leaves no run.
"""

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
    if name := experiment_name():
        return f"exp-{os.environ.get('DVC_EXP_BASELINE_REV', '')[:8]}-{name}"
    process = _dvc_ancestor() or psutil.Process()
    return f"dvc-{platform.node()}-{process.pid}-{process.create_time():.2f}"


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
