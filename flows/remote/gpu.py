"""Whether this worker has a GPU that the backend of Keras can use."""

import json
import os
import subprocess
import sys
from typing import Any

import yaml

from flows.errors import FlowError
from mien.params import PARAMS_FILE

ALLOW_CPU = "MIEN_ALLOW_CPU"


def check_gpu() -> None:
    """See that the checkout in the working directory can be trained on a GPU here, where it is meant to be.

    `train.device: cpu` in its params, or `MIEN_ALLOW_CPU=true` in the worker's environment, say that it is not.

    Raises:
        FlowError: there is none.
    """
    # Not by `load_params`: the commit may know settings that this worker's own code does not know yet.
    train = yaml.safe_load(PARAMS_FILE.read_text(encoding="utf-8")).get("train") or {}
    if os.environ.get(ALLOW_CPU, "").lower() == "true" or train.get("device") == "cpu":
        return
    seen = _devices()
    if not seen["gpus"]:
        raise FlowError(
            f"this worker serves the pool gpu, but {seen['backend']} sees no GPU here. `uv sync --extra gpu` and "
            f"nvidia-smi may help; {ALLOW_CPU}=true in the worker's environment lets it train on the CPU all the same."
        )


def _devices() -> dict[str, Any]:
    """What the backend sees, from a child: a flow that imported TensorFlow itself would keep memory of the GPU."""
    done = subprocess.run(
        [sys.executable, "-m", "mien.training.devices"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not done.stdout.strip():
        raise FlowError(f"Keras' backend cannot be asked for GPUs:\n{done.stderr.strip()[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
