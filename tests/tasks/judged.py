"""A project folder as `evaluate` leaves it, with a tiny network."""

import json
from pathlib import Path

from mien.soundness import Soundness
from tasks.stage import Outcome, write_summary

CLASSES = ["happy", "sad"]


def figures(accuracy: float) -> dict:
    return {
        "n": 20,
        "accuracy": accuracy,
        "accuracy_interval": {"low": accuracy - 0.05, "high": accuracy + 0.05},
        "macro_f1": accuracy,
        "m_measure": 0.9,
        "ece": 0.05,
        "precision": dict.fromkeys(CLASSES, 0.5),
        "recall": dict.fromkeys(CLASSES, 0.8),
        "f1": dict.fromkeys(CLASSES, 0.6),
        "support": dict.fromkeys(CLASSES, 10),
    }


def write_judged(root: Path, accuracy: float) -> None:
    """Everything that `register` reads but the model file."""
    stages = ("ingest", "validate", "clean", "split", "augment", "train", "evaluate", "register")
    (root / "dvc.yaml").write_text(json.dumps({"stages": {stage: {"deps": []} for stage in stages}}))
    (root / "params.yaml").write_text("train: {}\n")
    params = {"ingest": {"image_size": 48}, "train": {"network": {"name": "tiny"}}}
    metrics = {"clean": {"kept": 90, "dropped": 10}}
    for stage in stages[:-1]:
        (root / "build" / stage).mkdir(parents=True)
        write_summary(stage, params.get(stage, {}), Outcome(metrics.get(stage, {})))
    (root / "build/register").mkdir()
    write(root / "build/split/classes.json", CLASSES)
    write(root / "build/ingest/fingerprint.json", {"accepted": 100, "refused": 0, "licence": None})
    judged = {
        "official": figures(accuracy),
        "clean": figures(accuracy),
        "temperature": 1.2,
        "test_usage": "PrivateTest",
        "protocol": dict(Soundness(20).record),
    }
    write(root / "build/evaluate/metrics.json", judged)
    (root / "build/evaluate/held_out.txt").write_text("0123456789abcdef\n")


def write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))
