import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien.datasets.table import Faces
from mien.errors import DataError
from mien.params import IngestParams
from tasks.ingest import ingest
from tests.datasets import fakes

OUT = Path("build/ingest")
OUTPUTS = (
    "images.npy",
    "landmarks.npy",
    "faces.parquet",
    "refused.parquet",
    "fingerprint.json",
    "preparation.json",
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project folder as working directory, with data/."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    return tmp_path


def facts():
    return json.loads((OUT / "fingerprint.json").read_text())


def fill(count=42, name="fer2013.csv"):
    images = fakes.faces(count)
    return images, fakes.write_csv(Path("data") / name, fakes.lines(images))


def test_a_fer2013_file_becomes_images_a_table_and_a_fingerprint(project):
    images, _ = fill()
    outcome = ingest(IngestParams())
    faces = Faces.load(OUT)
    assert np.array_equal(faces.images[faces.table["face"]], images)
    assert outcome.metrics == {
        "read": 42,
        "accepted": 42,
        "refused": 0,
        "unique": 42,
        "redundant": 0,
        "constant": 0,
        "cross_usage": 0,
    }
    assert outcome.notes[0] == "read fer2013.csv: fer2013_csv, a CSV with the columns emotion, pixels, usage"
    assert "42 faces of 42 rows (Training 14, PublicTest 14, PrivateTest 14); refused: none" in outcome.notes[1]
    assert facts()["source"]["files"][0]["name"] == "fer2013.csv"
    assert sorted(path.name for path in OUT.iterdir()) == sorted(OUTPUTS)


def test_the_same_data_give_the_same_bytes(project):
    fill()
    contents = []
    for _ in range(2):
        ingest(IngestParams())
        contents.append([(OUT / name).read_bytes() for name in OUTPUTS])
    assert contents[0] == contents[1]
    assert str(project).encode() not in b"".join(contents[0])


def test_a_folder_is_read_with_its_official_usages(project):
    for name in ("train/happy/Training_1.png", "train/sad/Training_2.png", "test/sad/PublicTest_3.png"):
        fakes.write_picture(Path("data"), name, fakes.faces(1)[0])
    outcome = ingest(IngestParams())
    table = Faces.load(OUT).table
    assert table["usage"].tolist() == ["PublicTest", "Training", "Training"]
    assert facts()["source"]["kind"] == "fer_folder"
    assert set(facts()["bytes_per_face"]) == {"Training", "PublicTest"}
    assert outcome.metrics["cross_usage"] == 1


def test_digit_folders_need_the_label_space(project):
    fakes.write_picture(Path("data"), "0/1.png", fakes.faces(1)[0])
    with pytest.raises(DataError, match="label_space"):
        ingest(IngestParams())
    ingest(IngestParams(label_space="affectnet"))
    assert Faces.load(OUT).table["label"].tolist() == ["neutral"]


def test_votes_beside_the_file_are_joined_refused_rows_counted(project):
    _, path = fill()
    path.write_text(path.read_text().replace("\n3,", "\n9,", 1))
    fakes.write_csv(Path("data/fer2013new.csv"), fakes.votes(42), fakes.FERPLUS_HEADER)
    outcome = ingest(IngestParams(max_refused_share=0.03))
    assert "votes_contempt" in Faces.load(OUT).table
    assert facts()["ferplus_agreement"] == 1.0
    assert any("FER+ votes joined; their top vote is the label in 100.0%" in note for note in outcome.notes)


def test_votes_beside_folders_are_not_joined_and_a_warning_says_why(project):
    fakes.write_picture(Path("data"), "happy/1.png", fakes.faces(1)[0])
    fakes.write_csv(Path("data/fer2013new.csv"), fakes.votes(42), fakes.FERPLUS_HEADER)
    assert any("not joined" in note for note in ingest(IngestParams()).notes)


def test_a_few_refused_rows_pass_and_keep_their_lines(project):
    _, path = fill()
    path.write_text(path.read_text() + "9,1 2,Training\n")
    outcome = ingest(IngestParams(max_refused_share=0.03))
    refused = pd.read_parquet(OUT / "refused.parquet")
    assert refused[["source", "line", "reason"]].values.tolist() == [["fer2013.csv", 44, "label_out_of_range"]]
    assert (outcome.metrics["read"], outcome.metrics["accepted"], outcome.metrics["refused"]) == (43, 42, 1)
    assert facts()["reasons"] == {"label_out_of_range": 1}


def test_too_many_refused_rows_fail_with_everything_written(project):
    _, path = fill()
    path.write_text(path.read_text() + "9,1 2,Training\n")
    with pytest.raises(DataError, match=r"1 of 43 rows refused .*1 label_out_of_range.*\n  - fer2013.csv:44: "):
        ingest(IngestParams())
    assert sorted(path.name for path in OUT.iterdir()) == sorted(OUTPUTS)
    assert facts()["refused"] == len(pd.read_parquet(OUT / "refused.parquet")) == 1


def test_a_truncated_file_fails_even_when_one_bad_row_is_allowed(project):
    _, path = fill()
    path.write_bytes(path.read_bytes()[:-1000])
    fakes.write_csv(Path("data/votes.csv"), fakes.votes(50), fakes.FERPLUS_HEADER)
    with pytest.raises(DataError, match=r"fer2013.csv:43: truncated, .*Download the file again"):
        ingest(IngestParams(max_refused_share=1.0))
    assert facts()["refused"] == 1


def test_a_file_without_any_good_row_fails(project):
    fakes.write_csv(Path("data/fer2013.csv"), ["0,1 2 3,Training"])
    with pytest.raises(DataError, match="no face could be read"):
        ingest(IngestParams(max_refused_share=1.0))
    assert facts()["accepted"] == 0


def test_a_header_alone_is_an_empty_result(project):
    fakes.write_csv(Path("data/fer2013.csv"), [])
    with pytest.raises(DataError, match="no face could be read"):
        ingest(IngestParams())


def test_papers_give_the_licence_and_unknown_files_a_warning(project):
    fill()
    Path("data/LICENSE").write_text("For research only.\n")
    Path("data/fer2013.bib").write_text("@article{x}\n")
    outcome = ingest(IngestParams())
    assert facts()["licence"] == "For research only."
    assert "warning: not read: fer2013.bib: not known; its first line: @article{x}" in outcome.notes


def test_faces_of_another_size_are_made_on_request(project):
    fill(7)
    ingest(IngestParams(image_size=64))
    assert np.load(OUT / "images.npy").shape == (7, 64, 64)


def test_a_file_without_labels_is_read_on_request(project):
    fakes.write_csv(Path("data/test.csv"), [fakes.pixels(face) for face in fakes.faces(3)], "pixels")
    with pytest.raises(DataError, match="unlabeled"):
        ingest(IngestParams())
    ingest(IngestParams(unlabeled=True))
    assert Faces.load(OUT).table["usage"].tolist() == ["PrivateTest"] * 3


def test_without_data_the_message_says_how_to_get_them(project):
    (project / "data").rmdir()
    with pytest.raises(DataError, match="dvc repro --pull"):
        ingest(IngestParams())


def bomb(count):
    """A file whose second row is one field of `count` bytes."""
    _, path = fill(3)
    with path.open("ab") as stream:
        stream.write(b"3,")
        stream.truncate(stream.tell() + count)
        stream.seek(0, 2)
        stream.write(b"\n")


def test_one_huge_field_needs_no_memory(project):
    bomb(64 << 20)
    tracemalloc.start()
    with pytest.raises(DataError, match="line longer than 65,536 bytes"):
        ingest(IngestParams())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 << 20
    assert facts()["accepted"] == 3


PROGRAM = """
import time
from pathlib import Path
from mien.errors import MienError
from mien.params import IngestParams
from tasks.ingest import ingest
try:
    print(ingest(IngestParams()).metrics["accepted"])
except MienError as error:
    print(error)
print(time.process_time(), Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def measured():
    """What a stage in a process of its own says, its seconds of processor time, and its peak memory in MB.

    Time on the clock depends on what else the machine does; without anything else it is less than this.
    """
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    said, figures = done.stdout.strip().rsplit("\n", 1)
    seconds, kilobytes = figures.split()
    return said, float(seconds), int(kilobytes) / 1024


@pytest.mark.slow
def test_a_field_of_one_gigabyte_is_refused_in_ten_seconds_and_little_memory(project):
    bomb(1 << 30)
    said, seconds, megabytes = measured()
    assert "line longer than 65,536 bytes" in said
    assert seconds < 10
    assert megabytes < 450


@pytest.mark.slow
@pytest.mark.parametrize("line", [b"1\n", b"\n", b'"\n', b"\0\n"])
def test_hundreds_of_megabytes_of_rubbish_end_in_ten_seconds_and_little_memory(project, line):
    fill(3)
    with Path("data/fer2013.csv").open("ab") as stream:
        for _ in range(300):
            stream.write(line * ((1 << 20) // len(line)))
    _, seconds, megabytes = measured()
    assert seconds < 10
    assert megabytes < 500


@pytest.mark.slow
def test_a_file_as_large_as_fer2013_is_read_within_six_seconds_and_500_mb(project):
    rows = fakes.lines(fakes.faces(300))
    with Path("data/fer2013.csv").open("w") as stream:
        stream.write("emotion,pixels,Usage\n")
        stream.writelines(f"{rows[at % 300]}\n" for at in range(35_887))
    said, seconds, megabytes = measured()
    assert said == "35887"
    assert seconds < 6
    assert megabytes < 500
