import io

import pandas as pd
import pytest

from mien.comparison import markdown, table
from tests.comparison.results import FAILED, RESULTS, SOUND


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
    assert back.loc[2, "problem"] == FAILED.problem


def test_whole_numbers_stay_whole_beside_missing_ones():
    line = table(RESULTS).to_csv(index=False).splitlines()[2]
    assert ",6,PrivateTest,3589,3301,25838,1727430," in line


def test_an_accuracy_stands_with_its_interval_and_a_published_one_with_its_test_set(shown):
    assert shown[1]["official"] == "**61.2%**<br>59.6 to 62.8"
    assert shown[1]["clean"] == "**59.5%**<br>57.8 to 61.2"
    assert shown[1]["published"] == "58.1%<br>PrivateTest"
    assert shown[1]["test faces"] == "3,589 PrivateTest<br>6 classes"
    assert [shown[1][name] for name in ("parameters", "images/s", "s/epoch", "epochs", "ms/face")] == [
        "1,727,430",
        "612",
        "46.1",
        "23",
        "3.4<br>0.82",
    ]


def test_nothing_is_invented_what_is_not_known_is_a_dash(shown):
    assert shown[2].pop("preset") == "`affectnet_cnn`"
    assert shown[2].pop("protocol") == "sound<br>**failed**"
    assert set(shown[2].values()) == {"–"}


def test_an_unsound_protocol_and_a_failure_are_marked_in_their_row_and_explained_below_it(shown):
    assert [row["protocol"] for row in shown[:2]] == ["seed's<br>**unsound**", "sound"]
    notes = [line for line in markdown(RESULTS).splitlines() if line.startswith("- ")]
    assert notes == [
        "- mememoji, seed's protocol: all Usages are pooled, with twins on both sides.",
        "- affectnet_cnn, sound protocol: has failed: train failed: no images",
    ]


def test_without_faults_there_are_no_notes():
    assert "\n- " not in markdown([SOUND])
