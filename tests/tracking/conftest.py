import json
import shutil
from pathlib import Path

import pytest

from tasks.stage import Outcome, write_summary

STAGES = ("ingest", "validate", "clean", "split", "augment")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_store: Path) -> Path:
    """An empty project folder with the summaries of the data stages, a SQLite store and a fixed key."""
    shutil.copy(new_store, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("PIPELINE_KEY", "test-pass")
    stages = {stage: {"deps": []} for stage in (*STAGES, "train", "evaluate", "register")}
    (tmp_path / "dvc.yaml").write_text(json.dumps({"stages": stages}))
    (tmp_path / "params.yaml").write_text("train: {}\n")
    (tmp_path / "data.dvc").write_text(json.dumps({"outs": [{"md5": "0123456789abcdef0123456789abcdef.dir"}]}))
    for number, stage in enumerate(STAGES):
        summarise(stage, {"rows": number})
    return tmp_path


def summarise(stage: str, metrics: dict[str, float], tags: dict[str, str] | None = None) -> None:
    folder = Path("build") / stage
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "picture.png").write_bytes(b"png")
    outcome = Outcome(metrics, ["picture.png"], [f"{stage} is done"], tags or {})
    write_summary(stage, {"limit": 0.5, "nested": {"list": [1, 2]}}, outcome)
