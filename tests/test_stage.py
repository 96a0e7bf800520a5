"""The frame around every stage: what it leaves behind, what it says, and how its process ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import yaml

from mien.params import CleanParams, load_params
from tasks import stage as frame
from tasks.stage import Outcome, code_digest, run_stage, stage_folder, write_summary
from tasks.tracking.store import open_store

ROOT = Path(__file__).parents[1]
PATIENCE = 20.0
"""Seconds to wait for another process; it takes a tenth of one, but the machine may be busy."""

DEPS = ["data", "build/ingest/faces.parquet", "mien/part", "mien/alone.py", "tasks/clean.py"]

HEAD = """
import os, sys, time
from pathlib import Path
from mien.errors import DataError
from tasks.stage import Outcome, run_stage
"""

SLOW = (
    HEAD
    + """
def clean(params):
    Path("started").write_text(str(os.getpid()))
    try:
        time.sleep(60)
    finally:
        Path("ended").touch()

run_stage(clean)
"""
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a stage `clean`: its files, its params, its entry in dvc.yaml."""
    monkeypatch.chdir(tmp_path)
    for file in ("mien/part/one.py", "mien/part/deep/two.py", "mien/alone.py", "mien/other.py", "tasks/clean.py"):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(f"# {file}\n")
    Path("dvc.yaml").write_text(
        yaml.safe_dump({"stages": {"clean": {"deps": DEPS}, "split": {"deps": ["mien/other.py"]}}})
    )
    Path("params.yaml").write_text("clean:\n  near_threshold: 0.9\n")
    return tmp_path


@pytest.fixture
def in_this_process(monkeypatch):
    """`run_stage` without its hold on the process, which is pytest's here."""
    monkeypatch.setattr(frame, "end_with_parent", lambda: None)


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def run(code, project):
    """Run a stage's program to its end."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=project, env=environment(), capture_output=True, text=True, timeout=PATIENCE
    )


def eventually(condition):
    """Wait until it holds."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def summary(stage="clean"):
    return json.loads((stage_folder(stage) / "summary.json").read_text(encoding="utf-8"))


def test_the_summary_holds_params_code_metrics_artifacts_notes_and_tags(project, in_this_process):
    def clean(params):
        assert isinstance(params, CleanParams)
        return Outcome({"kept": 3, "share": 0.5}, ["gallery.png"], ["kept 3 of 6"], {"kind": "drawn"})

    run_stage(clean)
    assert summary() == {
        "stage": "clean",
        "params": load_params().clean.model_dump(mode="json"),
        "code": code_digest("clean"),
        "metrics": {"kept": 3, "share": 0.5},
        "artifacts": ["gallery.png"],
        "notes": ["kept 3 of 6"],
        "tags": {"kind": "drawn"},
    }
    assert summary()["params"]["near_threshold"] == 0.9


def test_the_same_outcome_gives_the_same_bytes(project):
    def written(metrics):
        stage_folder("clean").mkdir(parents=True, exist_ok=True)
        write_summary("clean", {"b": 1, "a": 2}, Outcome(metrics))
        return (stage_folder("clean") / "summary.json").read_bytes()

    assert written({"x": 1, "y": 2}) == written({"y": 2, "x": 1})


def test_a_figure_that_is_no_number_is_not_written(project, in_this_process):
    def clean(params):
        return Outcome({"share": float("nan")})

    with pytest.raises(ValueError, match="not JSON compliant"):
        run_stage(clean)
    assert not (stage_folder("clean") / "summary.json").exists()


def test_the_folder_of_the_stage_is_there_before_it_runs(project, in_this_process):
    def clean(params):
        assert Path("build/clean").is_dir()
        return Outcome({})

    run_stage(clean)


def test_notes_are_said_after_the_name_of_the_stage(project, in_this_process, capsys):
    def clean(params):
        return Outcome({}, (), ["one", "two"])

    run_stage(clean)
    assert capsys.readouterr().out == "clean: one\nclean: two\n"


@pytest.mark.slow
def test_a_pass_that_ends_early_is_a_failed_run_with_what_the_stage_had_to_say(project, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    report = "Path('build/clean/result.json').write_text('{}')"
    run(HEAD + f"def clean(params):\n {report}\n raise DataError('3 pixels')\nrun_stage(clean)", project)
    store = open_store()
    (logged,) = store.client.search_runs([store.experiment_id])
    assert logged.info.status == "FAILED"
    assert logged.data.tags["notes.clean"] == "failed: 3 pixels"
    assert logged.data.params["clean.near_threshold"] == "0.9"
    assert [item.path for item in store.client.list_artifacts(logged.info.run_id, "clean")] == ["clean/result.json"]


def test_an_error_for_people_is_a_message_and_exit_code_1_without_a_traceback(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    done = run(HEAD + "def clean(params): raise DataError('fer2013.csv:7: 3 pixels')\nrun_stage(clean)", project)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "this failure is not logged: the tracking server http://127.0.0.1:9" in done.stderr
    assert done.stderr.endswith("\nclean failed: fer2013.csv:7: 3 pixels\n")
    assert done.stdout == ""
    assert not (stage_folder("clean") / "summary.json").exists()


def test_a_fault_in_params_yaml_is_such_an_error_and_the_stage_does_not_run(project):
    Path("params.yaml").write_text("clean:\n  constant: true\n  wihtin: false\n")
    done = run(HEAD + "def clean(params): print('ran')\nrun_stage(clean)", project)
    assert done.returncode == 1
    assert done.stderr.startswith("\nclean failed: params.yaml:3: clean.wihtin: unknown key")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_fault_in_the_program_keeps_its_traceback(project):
    done = run(HEAD + "def clean(params): return {}['kept']\nrun_stage(clean)", project)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "KeyError: 'kept'" in done.stderr


@pytest.mark.parametrize("file", ["mien/part/one.py", "mien/part/deep/two.py", "mien/alone.py", "tasks/clean.py"])
def test_the_code_digest_changes_with_every_file_that_the_stage_depends_on(project, file):
    before = code_digest("clean"), code_digest("split")
    Path(file).write_text("# changed\n")
    assert code_digest("clean") != before[0]
    assert code_digest("split") == before[1]


def test_the_code_digest_changes_when_a_file_comes_goes_or_gets_another_name(project):
    digests = [code_digest("clean")]
    Path("mien/part/new.py").touch()
    digests.append(code_digest("clean"))
    Path("mien/part/new.py").rename("mien/part/newer.py")
    digests.append(code_digest("clean"))
    Path("mien/part/one.py").unlink()
    digests.append(code_digest("clean"))
    assert len(set(digests)) == 4


def test_the_code_digest_does_not_change_with_data_compiled_files_or_code_of_others(project):
    before = code_digest("clean")
    for file in ("data/faces.csv", "build/ingest/faces.parquet", "mien/part/__pycache__/one.pyc", "mien/other.py"):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text("anything")
    assert code_digest("clean") == before


def test_sigterm_ends_a_stage_in_order_with_the_exit_code_of_the_signal(project):
    stage = subprocess.Popen([sys.executable, "-c", SLOW], cwd=project, env=environment(), stderr=subprocess.PIPE)
    assert eventually(Path("started").exists)
    stage.send_signal(signal.SIGTERM)
    _, said = stage.communicate(timeout=PATIENCE)
    assert stage.returncode == 128 + signal.SIGTERM
    assert said == b""
    assert Path("ended").exists()


LAUNCHERS = {
    "a shell that gives its place to the command": "subprocess.run([sys.executable, 'stage.py'])",
    "a shell that stays": "subprocess.run(['/bin/sh', '-c', sys.executable + ' stage.py; true'])",
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells a process that its parent has died")
@pytest.mark.parametrize("way", LAUNCHERS)
def test_a_stage_ends_when_the_program_that_started_it_is_killed(project, way):
    Path("stage.py").write_text(SLOW)
    launcher = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, sys; {LAUNCHERS[way]}"], cwd=project, env=environment()
    )
    assert eventually(lambda: Path("started").exists() and Path("started").read_text())
    stage = psutil.Process(int(Path("started").read_text()))
    assert launcher.pid in {parent.pid for parent in stage.parents()}
    launcher.kill()
    launcher.wait(PATIENCE)
    assert eventually(lambda: not stage.is_running() or stage.status() == psutil.STATUS_ZOMBIE)
    assert Path("ended").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells a process that its parent has died")
def test_a_stage_started_by_hand_from_a_shell_runs_to_its_end(project):
    code = HEAD + "def clean(params): time.sleep(0.2); return Outcome({}, (), ['done'])\nrun_stage(clean)"
    Path("stage.py").write_text(code)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} stage.py; true"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout == "clean: done\n"
    assert done.stderr == ""
