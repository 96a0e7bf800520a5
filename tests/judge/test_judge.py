import re

import cv2
import numpy as np
import pandas as pd
import pytest

from mien.labels import AFFECTNET, EMOTIONS
from tasks.judge import main
from tests.judge.places import face, judged, write_affectnet, write_fer2013, write_knowing

EIGHT = (*EMOTIONS, "contempt")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Both data sets, and a model of each: FER2013's seven classes, and AffectNet's eight from coloured faces."""
    root = tmp_path_factory.mktemp("judge")
    test = [(label, "PrivateTest") for label in EMOTIONS for _ in range(3)]
    write_fer2013(root / "fer", [("happy", "Training"), ("sad", "PublicTest"), *test])
    write_affectnet(root / "affectnet", ["happy", "sad", "none"], list(AFFECTNET.codes.values()) * 2)
    write_knowing(root / "fer.keras", EMOTIONS)
    write_knowing(root / "affectnet.keras", EIGHT, (64, 64, 3))
    write_knowing(root / "wide.keras", EIGHT, (64, 64, 3), crop_margin=1.0)
    return root


def run(place, model, data, out, *more):
    main([str(place / f"{model}.keras"), str(place / data), "--out", str(out), *more])
    return judged(out)


def test_a_model_of_fer2013_is_right_on_affectnet_where_codes_would_be_wrong(place, tmp_path, capsys):
    facts = run(place, "fer", "affectnet", tmp_path)
    assert facts["usages"] == ["PublicTest"]
    assert facts["figures"]["n"] == 14
    assert facts["figures"]["accuracy"] == 1.0
    assert facts["figures"]["support"] == dict.fromkeys(EMOTIONS, 2)
    said = capsys.readouterr().out
    assert "judge: accuracy 100.0% (100.0% to 100.0%)" in said
    assert "judge: macro F1 1.000" in said


def test_faces_without_a_class_are_left_out_and_counted_and_never_neutral(place, tmp_path, capsys):
    facts = run(place, "fer", "affectnet", tmp_path)
    assert facts["left_out"] == dict.fromkeys(("contempt", "none", "uncertain", "no-face"), 2)
    assert facts["read"] == 14 + 8 + facts["other_usages"] == 25
    assert sum(row[EMOTIONS.index("neutral")] for row in facts["confusion"]) == 2
    assert "no class of the model: 2 contempt, 2 none, 2 uncertain, 2 no-face" in capsys.readouterr().out


def test_a_model_of_affectnet_is_judged_on_fer2013_with_its_own_size_and_colour(place, tmp_path, capsys):
    facts = run(place, "affectnet", "fer", tmp_path)
    assert facts["figures"]["accuracy"] == 1.0
    assert facts["figures"]["n"] == 21
    assert facts["usages"] == ["PrivateTest"]
    assert facts["absent"] == ["contempt"]
    assert "no face of contempt here: such an answer counts as wrong" in capsys.readouterr().out


def test_the_preparation_is_the_models_so_that_its_margin_brings_the_background(place, tmp_path):
    assert run(place, "affectnet", "affectnet", tmp_path / "a")["figures"]["accuracy"] == 1.0
    assert run(place, "wide", "affectnet", tmp_path / "b")["figures"]["accuracy"] < 0.5


def test_faces_of_other_usages_are_not_opened_and_no_part_of_the_refused_share(place, tmp_path):
    write_affectnet(tmp_path / "data", ["happy"] * 9, ["happy", "sad", "fear", "angry"])
    for path in (tmp_path / "data/Manually_Annotated_Images/1").iterdir():
        if path.name.startswith("74") or path.name.endswith("3.png"):  # t of training; a face of validation
            path.write_bytes(b"no picture")
    words = ("--max-refused-share", "0.2")
    with pytest.raises(SystemExit, match=r"1 of 4 rows refused \(25.00%"):
        run(place, "fer", tmp_path / "data", tmp_path / "out", *words)
    facts = run(place, "fer", tmp_path / "data", tmp_path / "out", "--max-refused-share", "0.25")
    assert (facts["figures"]["n"], facts["read"], facts["other_usages"]) == (3, 13, 9)
    assert facts["refused"] == {"undecodable": 1}


def test_a_shard_of_class_folders_with_nothing_to_be_judged_is_not_opened(place, tmp_path):
    for name in ("test/happy/1.png", "test/sad/1.png"):
        (tmp_path / "data" / name).parent.mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "data" / name), face(name.split("/")[1]))
    (tmp_path / "data/train/happy").mkdir(parents=True)
    for number in range(512):  # of a shard
        (tmp_path / f"data/train/happy/{number}.png").write_bytes(b"no picture")
    facts = run(place, "fer", tmp_path / "data", tmp_path / "out", "--max-refused-share", "0.999")
    assert (facts["figures"]["n"], facts["read"], sum(facts["refused"].values())) == (2, 514, 510)


def test_all_rows_or_those_of_one_usage_can_be_judged(place, tmp_path):
    assert run(place, "fer", "fer", tmp_path, "--usage", "all")["figures"]["n"] == 23
    assert run(place, "affectnet", "affectnet", tmp_path, "--usage", "all")["usages"] == ["Training", "PublicTest"]
    assert run(place, "fer", "fer", tmp_path, "--usage", "Training")["figures"]["n"] == 1


def test_the_report_has_the_figures_and_what_was_not_judged(place, tmp_path):
    run(place, "fer", "affectnet", tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "<b>100.0 %</b>" in page
    assert re.search(
        r"<th>contempt</th><td class=\"n\">2</td><td class=\"wide muted\">the model has no such class", page
    )
    assert "48 x 48 pixels, gray" in page
    assert "http" not in page.replace("http-equiv", "")
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run(place, "fer", "affectnet", tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_a_wrong_answer_stands_in_the_confusion(place, tmp_path, capsys):
    write_knowing(tmp_path / "two.keras", ("happy", "sad"))
    write_fer2013(tmp_path / "data", [("happy", "PrivateTest"), ("sad", "PrivateTest"), ("fear", "PrivateTest")])
    facts = run(tmp_path, "two", "data", tmp_path / "out")
    assert facts["confusion"] == [[1, 0], [0, 1]]
    assert "loss" not in facts["figures"], "that name is for tempered probabilities"
    assert facts["figures"]["loss_uncalibrated"] < 0.01
    assert facts["left_out"] == {"fear": 1}
    assert "label happy sad\nhappy     1   0\nsad       0   1\n" in capsys.readouterr().out


def test_labels_that_were_learnt_as_another_class_are_judged_as_that_class(tmp_path, capsys):
    write_knowing(tmp_path / "merged.keras", ("angry", "happy"), merged={"disgust": "angry"})
    write_fer2013(tmp_path / "data", [(label, "PrivateTest") for label in ("angry", "disgust", "happy", "fear")])
    facts = run(tmp_path, "merged", "data", tmp_path / "out")
    assert facts["figures"]["support"] == {"angry": 2, "happy": 1}
    assert facts["figures"]["accuracy"] == 1.0
    assert facts["left_out"] == {"fear": 1}
    assert "judge: learnt as another class, and so judged: disgust as angry" in capsys.readouterr().out
    assert "<strong>disgust</strong> as angry." in (tmp_path / "out/report.html").read_text()


def test_answers_that_are_no_numbers_are_said_in_words(tmp_path):
    write_knowing(tmp_path / "broken.keras", ("angry", "happy"), at=np.nan)
    write_fer2013(tmp_path / "data", [("angry", "PrivateTest"), ("happy", "PrivateTest")])
    said = fails(tmp_path / "broken.keras", tmp_path / "data", "--out", tmp_path / "out")
    assert "answers to 2 of 2 faces are not numbers" in said
    assert not (tmp_path / "out").exists()


def fails(*words):
    with pytest.raises(SystemExit) as caught:
        main([*map(str, words)])
    return str(caught.value)


def test_bad_input_is_said_in_words(place, tmp_path):
    out = ("--out", tmp_path / "out")
    assert "no such model" in fails(place / "none.keras", place / "fer", *out)
    assert "not found" in fails(place / "fer.keras", place / "nowhere", *out)
    assert "is not a whole Keras model" in fails(place / "fer/fer2013.csv", place / "fer", *out)
    assert "is a folder; a model is a file" in fails(place, place / "fer", *out)
    (tmp_path / "digits/0").mkdir(parents=True)
    (tmp_path / "digits/1").mkdir()
    for name in ("0/a.png", "1/b.png"):
        cv2.imwrite(str(tmp_path / "digits" / name), face("sad"))
    assert "options here: --source, --label-space" in fails(place / "fer.keras", tmp_path / "digits", *out)
    write_knowing(tmp_path / "other.keras", ("contempt", "none"))
    said = fails(tmp_path / "other.keras", place / "fer", *out)
    assert "no face has a label that is a class of the model (contempt, none)" in said
    write_fer2013(tmp_path / "train", [("happy", "Training"), ("sad", "Training")])
    assert "none of 2 rows is of PrivateTest or PublicTest. --usage all" in fails(
        place / "fer.keras", tmp_path / "train", *out
    )
    assert not (tmp_path / "out").exists()


def test_too_many_refused_rows_are_an_error_that_names_them(place, tmp_path):
    write_fer2013(tmp_path / "data", [("happy", "PrivateTest"), ("sad", "PrivateTest")])
    with (tmp_path / "data/fer2013.csv").open("a") as stream:
        stream.write("9,0 0,PrivateTest\n")
    words = (place / "fer.keras", tmp_path / "data", "--out", tmp_path / "out")
    assert "1 of 3 rows refused (33.33%; --max-refused-share allows 0.10%): 1 label_out_of_range" in fails(*words)
    main([*map(str, words), "--max-refused-share", "0.5"])
    assert judged(tmp_path / "out")["refused"] == {"label_out_of_range": 1}
    assert pd.read_parquet(tmp_path / "out/refused.parquet")["line"].tolist() == [4]
