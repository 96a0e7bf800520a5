import io
from dataclasses import replace

import pandas as pd
import pytest

from mien.comparison import markdown, table
from tests.comparison.results import FAILED, RESULTS, SOUND, TWINS_CHOSE, TWINS_TAUGHT, UNSOUND


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture
def shown():
    """The rows of the table for people, as columns by heading."""
    head, _, *rows = [line for line in markdown(RESULTS).splitlines() if line.startswith("|")]
    return [dict(zip(cells(head), cells(row), strict=True)) for row in rows]


def test_the_csv_gives_back_every_figure_and_leaves_empty_what_is_not_known():
    back = pd.read_csv(io.StringIO(table(RESULTS).to_csv(index=False)))
    assert list(back["name"]) == [
        "mememoji, seed's protocol",
        "mememoji, sound protocol",
        "affectnet_cnn, sound protocol",
    ]
    assert back.loc[1, "official"] == 0.612346
    assert back.loc[1, ["official_low", "clean_high", "ms_per_face_in_batch"]].tolist() == [0.596, 0.612, 0.823]
    assert back.loc[2, ["published", "official", "parameters", "run"]].isna().all()
    assert back.loc[2, "problem"] == "train failed: no images.npy"


def test_whole_numbers_stay_whole_beside_missing_ones():
    line = table(RESULTS).to_csv(index=False).splitlines()[2]
    assert ",6,PrivateTest,3589,3301,25838,1727430," in line


def test_both_protocols_stand_side_by_side_in_the_row_of_their_preset(shown):
    assert [row["preset"].split("<br>")[0] for row in shown] == ["`mememoji`", "`affectnet_cnn`"]
    row = shown[0]
    assert row["ours, sound protocol"] == (
        "**61.2%**&nbsp;(59.6–&#8288;62.8)<br>clean&nbsp;**59.5%**&nbsp;(57.8–&#8288;61.2)<br>"
        "<sub>3,589 of PrivateTest, F1 0.57, ECE 0.03</sub>"
    )
    assert row["ours, seed's protocol"] == f"**unsound**<br>{row['ours, sound protocol']}"


def test_a_preset_is_shown_with_its_published_figure_and_what_it_costs(shown):
    assert shown[0]["preset"] == "`mememoji`<br>6 classes<br>1,727,430 parameters"
    assert shown[0]["published"] == "58.1%<br>PrivateTest"
    assert shown[0]["speed"] == "612&nbsp;images/s<br>23&nbsp;×&nbsp;46.1&nbsp;s<br>3.4,&nbsp;0.82&nbsp;ms"


def test_nothing_is_invented_what_is_not_known_is_a_dash(shown):
    assert shown[1].pop("preset") == "`affectnet_cnn`"
    assert shown[1].pop("ours, sound protocol") == "**failed**"
    assert set(shown[1].values()) == {"–"}


def test_the_costs_are_those_of_the_sound_protocol_where_that_has_not_failed():
    failed = replace(SOUND, problem="train failed: no images", images_per_second=None, official=None)
    other = replace(UNSOUND, images_per_second=700.0)
    assert "612&nbsp;images/s" in markdown([other, SOUND])
    assert "700&nbsp;images/s" in markdown([other, failed])


def test_a_protocol_that_was_not_run_has_no_column():
    assert "seed's" not in markdown([SOUND])


def test_a_side_without_rows_is_a_dash():
    assert "clean&nbsp;–<br>" in markdown([replace(SOUND, clean=None, clean_low=None, clean_high=None)])


def test_test_faces_from_everywhere_are_of_all_usages():
    assert "of all Usages," in markdown([replace(SOUND, usage="Training+PublicTest+PrivateTest")])


def test_an_unsound_protocol_and_a_failure_are_explained_below_the_table():
    notes = [line for line in markdown(RESULTS).splitlines() if line.startswith("- ")]
    assert notes == [
        "- mememoji, seed's protocol: all Usages are pooled, with twins on both sides.",
        "- affectnet_cnn, sound protocol: has failed: train failed: no images.npy",
    ]


def test_twins_are_explained_once_and_only_where_there_are_some():
    text = markdown([TWINS_TAUGHT, SOUND])
    assert "**with twins**<br>**61.2%**" in text
    assert text.count("*With twins*: ") == 1
    assert "*With twins*" not in markdown([UNSOUND, SOUND])
    assert "\n- " not in text


def test_where_twins_chose_neither_accuracy_is_said_to_be_believed_and_how_many_there_are():
    text = markdown([TWINS_CHOSE, SOUND])
    assert "**with twins**<br>**61.2%**" in text
    assert "neither can be fully, where twins chose the weights" in text
    assert "- mememoji, seed's protocol: Twins of 8 of 40 test faces chose the weights." in text


def test_settings_on_top_and_the_faces_are_named_below_the_table_once_and_in_columns():
    results = [replace(one, settings="train.epochs = 3", data="drawn.csv, 300 faces.") for one in (UNSOUND, SOUND)]
    lines = markdown([*results, replace(FAILED, settings="train.epochs = 3")]).splitlines()
    assert lines.count("All with train.epochs = 3.") == lines.count("Data: drawn.csv, 300 faces.") == 1
    assert table(results).loc[1, ["data", "settings"]].tolist() == ["drawn.csv, 300 faces.", "train.epochs = 3"]
    assert "All with" not in markdown(RESULTS)


def test_the_batch_is_as_large_as_it_was_and_of_the_training_it_is_said_when_that_was_measured():
    text = markdown([replace(SOUND, batch=120)])
    assert "for one in a batch of 120, all measured" in text
    assert "as they were when the network was trained" in text


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        ("\n/a/b/data/faces.csv: row 3: no label\nmore", "faces.csv: row 3: no label"),
        ("'/a/b/model.keras' in build/train", "'model.keras' in build/train"),
        ("sqlite:////home/me/mlflow.db cannot be used", "mlflow.db cannot be used"),
        ("http://127.0.0.1:5000/api/2.0 does not answer", "http://127.0.0.1:5000/api/2.0 does not answer"),
        ("3/4 of and/or build/train/model.keras", "3/4 of and/or build/train/model.keras"),
    ],
)
def test_of_a_problem_one_line_is_published_without_the_folders_of_a_machine(problem, reason):
    assert replace(FAILED, problem=problem).reason == reason
