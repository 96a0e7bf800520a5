"""Stage `validate` on good and on spoiled data: what it says, what it writes, and that it writes always the same."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mien.datasets.table import FACES, IMAGES, Faces
from mien.errors import ExpectationError
from mien.params import ValidateParams
from tasks.stage import stage_folder
from tasks.validate import validate
from tests.expectations.drawn import changed, relabelled, sound

ROOT = Path(__file__).parents[2]
SOUND = sound()
CODES = SOUND.table["code"].to_numpy()
OUT = stage_folder("validate")
LABEL_FLIPS = np.where(np.arange(len(CODES)) % 9 == 4, (CODES + 3) % 7, CODES)

SPOILED = {
    "one label in nine wrong": (
        relabelled(SOUND, LABEL_FLIPS),
        ["twins_agree", "6 of 30 (20.00%)", "validate.max_conflict_share"],
    ),
    "a class missing": (
        relabelled(SOUND, np.where(CODES == 1, 0, CODES)),
        ["classes_in_training", "missing: disgust", "validate.required_classes", "smallest_class", "0.00%"],
    ),
    "all of one class": (
        relabelled(SOUND, np.full(len(CODES), 3)),
        ["two_classes", "largest_class", "100.00%", "label happy", "validate.max_class_share"],
    ),
    "a flood of duplicates": (
        changed(SOUND, slice(200), sha256=SOUND.table["sha256"][0]),
        ["redundant_images", "52.62%", "validate.max_redundant_share", "sample_id 00000001"],
    ),
    "a column of another type": (
        changed(SOUND, code=SOUND.table["code"].astype("int64")),
        ["type_of_code", "int64", "no setting allows it"],
    ),
}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def warned(tmp_path_factory):
    """A folder in which the stage ran twice on faces that break one warning, and the outcome of the second run."""
    folder = tmp_path_factory.mktemp("warned")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        ingested(changed(SOUND, slice(1), width=15))
        stale = OUT / "data_docs" / "stale.html"
        stale.parent.mkdir(parents=True)
        stale.touch()
        validate(ValidateParams())
        before = digest(OUT)
        outcome = validate(ValidateParams())
        return folder / OUT, outcome, before


def ingested(faces: Faces) -> None:
    folder = stage_folder("ingest")
    folder.mkdir(parents=True, exist_ok=True)
    faces.table.to_parquet(folder / FACES, index=False)
    np.save(folder / IMAGES, faces.images)


def result(folder=OUT):
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_sound_data_pass_and_the_report_is_an_artifact():
    ingested(SOUND)
    outcome = validate(ValidateParams())
    assert outcome.metrics == {"expectations": 74, "met": 74, "warnings": 0, "failed": 0}
    assert list(outcome.notes) == ["74 of 74 expectations met on 420 faces"]
    assert [(OUT / name).exists() for name in outcome.artifacts] == [True, True]
    assert result()["success"] is True


@pytest.mark.parametrize("fault", SPOILED)
def test_spoiled_data_fail_with_figures_and_the_key_to_change(fault):
    faces, words = SPOILED[fault]
    ingested(faces)
    with pytest.raises(ExpectationError) as caught:
        validate(ValidateParams())
    message = str(caught.value)
    assert [word for word in words if word not in message] == []
    assert "build/validate/data_docs/index.html" in message
    written = result()
    assert written["success"] is False
    failed = {entry["name"] for entry in written["results"] if entry["severity"] == "critical" and not entry["success"]}
    assert failed
    assert all(name in message for name in failed)
    assert all(name in (OUT / "data_docs/index.html").read_text(encoding="utf-8") for name in failed)


def test_a_warning_is_a_note_and_does_not_stop_the_pipeline(warned):
    folder, outcome, _ = warned
    assert outcome.metrics["warnings"] == 1
    assert outcome.notes[0].startswith(
        "warning: source_width: expected that faces are at least 16 pixels wide in the source pictures"
    )
    assert result(folder)["success"] is True


def test_the_result_has_all_that_a_reader_needs_and_names_the_rows(warned):
    results = result(warned[0])["results"]
    entries = {entry["name"]: entry for entry in results}
    assert entries["source_width"] == {
        "name": "source_width",
        "table": "faces",
        "severity": "warning",
        "success": False,
        "observed": "1 of 420 (0.24%) do not fit",
        "value": 0.002381,
        "limit": "faces are at least 16 pixels wide in the source pictures",
        "params_key": "ingest.image_size",
        "reason": "Smaller ones were enlarged and are blurred.",
        "expectation": "ExpectColumnValuesToBeBetween",
        "arguments": {"column": "face_width", "min_value": 16},
        "rows": [{"face_width": 15, "sample_id": "00000000"}],
    }
    order = [(entry["table"], entry["name"]) for entry in results]
    assert order == sorted(order)


def test_where_the_files_are_not_sound_nothing_else_is_asked():
    ingested(Faces(SOUND.table.drop(columns="usage"), SOUND.images))
    with pytest.raises(ExpectationError, match="columns: .*missing: usage"):
        validate(ValidateParams())
    assert {entry["table"] for entry in result()["results"]} == {"table", "images"}


@pytest.mark.slow
def test_another_process_writes_the_same_bytes_and_nothing_elsewhere(tmp_path):
    missing = relabelled(SOUND, np.where(CODES % 2, 0, CODES))
    ingested(changed(missing, slice(5), usage="Testing"))
    with pytest.raises(ExpectationError):
        validate(ValidateParams())
    here = digest(OUT)
    other = tmp_path / "elsewhere"
    (other / "home").mkdir(parents=True)
    ingest = (tmp_path / stage_folder("ingest")).rename(other / "ingest")
    code = (
        "from pathlib import Path; from mien.datasets.table import Faces; from mien.expectations import examine; "
        "from mien.params import ValidateParams; "
        f"examine(Faces.load(Path({str(ingest)!r})), ValidateParams(), Path('out'))"
    )
    (other / "out").mkdir()
    environment = {
        "HOME": str(other / "home"),
        "PYTHONPATH": str(ROOT),
        "PATH": "",
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Tokyo",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=other, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout + done.stderr == ""
    assert digest(other / "out") == here
    assert sorted(path.name for path in other.iterdir()) == ["home", "ingest", "out"]
    assert not list((other / "home").iterdir())


def test_a_second_run_writes_the_same_bytes_and_no_page_of_an_earlier_one_stays(warned):
    folder, _, before = warned
    assert digest(folder) == before
    assert len(before) == 14
    assert not (folder / "data_docs" / "stale.html").exists()


def test_data_docs_open_without_a_network_and_their_links_lead_somewhere(warned):
    docs = warned[0] / "data_docs"
    for page in docs.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not [word for word in ("<script", "<link", 'src="http', str(docs), "T00:00:00Z") if word in text]
    index = (docs / "index.html").read_text(encoding="utf-8")
    links = {part.split('"')[0] for part in index.split('href="')[1:]}
    assert len(links) == 6
    assert all((docs / link).is_file() for link in links)
    assert index.index("source_width") < index.index("sample_ids_unique") < index.index("type_of_face")


def test_text_of_the_data_cannot_become_a_program_in_the_pages():
    ingested(changed(SOUND, slice(1), usage="<img src=x onerror=alert(1)>"))
    with pytest.raises(ExpectationError):
        validate(ValidateParams())
    pages = [page.read_text(encoding="utf-8") for page in (OUT / "data_docs").rglob("*.html")]
    policy = '<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
    assert all(policy in page for page in pages)
    assert "<img" not in (OUT / "data_docs" / "index.html").read_text(encoding="utf-8")
