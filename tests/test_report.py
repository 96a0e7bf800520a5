import base64
import json
import re

import numpy as np
import pandas as pd
import pytest

from mien.evaluation import evaluate, pictures
from mien.features import FeatureMaps
from mien.gallery import write_png
from mien.images import decode, resize
from mien.labels import EMOTIONS, FERPLUS_VOTES
from mien.params import EvaluateParams
from mien.presets import load_preset
from mien.reasons import Reason
from mien.report import collect, render
from mien.report.facts import MEANING
from mien.report.page import FACE_LIMIT, SHEET_LIMITS, accuracy_axis, face_uri, labels, sheet_uri
from mien.soundness import Soundness
from tests.answers import SOUND, images, probabilities_for, split_table

FINGERPRINT = {
    "read": 203,
    "accepted": 202,
    "refused": 1,
    "unique": 190,
    "redundant": 12,
    "constant": 2,
    "cross_usage": 3,
    "conflicting": {"faces": 4, "groups": 2},
    "cross": {"Training-PrivateTest": {"faces": 13, "images": 12}},
    "counts": {"Training": {"angry": 30, "": 1}, "PrivateTest": {"happy": 1234}},
    "usages": {
        name: {"rows": 101, "redundant": 6, "constant": 1, "mean": 120.5, "spread": 54.25}
        for name in ("PrivateTest", "Training")
    },
    "source": {"kind": "fer2013_csv", "evidence": "a CSV", "files": [{"name": "f.csv", "bytes": 9999, "md5": "abc"}]},
    "licence": "All rights <reserved>",
    "warnings": ["contrast differs between Training and PrivateTest"],
}


CHARTS = ("learning_curve", "per_class", "roc", "reliability", "scores")


@pytest.fixture
def build(tmp_path):
    for stage in ("ingest", "clean", "split", "augment", "train"):
        (tmp_path / stage).mkdir()
        summary = {"stage": stage, "params": {"stage_of": stage}, "notes": [f"{stage} has <spoken>"]}
        (tmp_path / stage / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    (tmp_path / "ingest" / "fingerprint.json").write_text(json.dumps(FINGERPRINT), encoding="utf-8")
    pd.DataFrame({"source": ["f.csv"], "reason": ["bad_row"]}).to_parquet(tmp_path / "ingest" / "refused.parquet")
    dropped = pd.DataFrame({"usage": ["Training", "PrivateTest"], "reason": ["constant", "constant"]})
    dropped.to_parquet(tmp_path / "clean" / "dropped.parquet")
    dropped.iloc[:0].to_parquet(tmp_path / "split" / "excluded.parquet")
    write_png(tmp_path / "clean" / "gallery.png", np.full((40, 60, 3), 200, np.uint8))
    return tmp_path


def report(build, table=None, classes=EMOTIONS, layers=(), protocol=SOUND):
    table = split_table() if table is None else table
    answers = probabilities_for(table["class_index"], len(classes))
    evaluation = evaluate(table, answers, classes, EvaluateParams(bootstrap_samples=100), protocol)
    faces = images(200)
    rows = evaluation.official
    return evaluation, render(
        evaluation,
        collect(build, ("ingest", "clean", "split", "augment", "train"), table, classes),
        dict.fromkeys(CHARTS, "<svg/>"),
        pictures.surest_mistakes(rows, faces, classes),
        pictures.random_guesses(rows, faces, classes, seed=0),
        faces[0],
        layers,
    )


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)))


def test_the_report_is_one_file_that_needs_nothing_from_outside(build):
    _, page = report(build)
    links = re.findall(r'(?:src|href)="([^"]{0,30})', page)
    assert links
    assert all(link.startswith(("data:image/", "#")) for link in links)
    assert "<script" not in page
    assert "url(" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_the_report_is_the_same_each_time(build):
    assert report(build)[1] == report(build)[1]


def test_every_link_inside_the_report_leads_somewhere(build):
    _, page = report(build)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


def test_both_sides_stand_with_their_intervals(build):
    evaluation, page = report(build)
    text = text_of(page)
    for side in ("official", "clean"):
        figures = evaluation.metrics[side]
        assert f"{figures['accuracy'] * 100:.1f} %" in text
        bounds = figures["accuracy_interval"]
        assert f"{bounds['low'] * 100:.1f} % to {bounds['high'] * 100:.1f} %, {figures['n']} faces" in text


def test_what_the_cleaning_dropped_by_pixels_from_the_test_usage_is_said_above_the_figures(build):
    said = "the cleaning dropped 1 by their pixels"
    assert "by their pixels" not in text_of(report(build)[1])
    dropped = {"usage": ["Training", "PrivateTest"], "reason": ["low_entropy", "not_a_face"]}
    pd.DataFrame(dropped).to_parquet(build / "clean" / "dropped.parquet")
    text = text_of(report(build)[1])
    assert text.index(said) < text.index("bootstrap intervals")


def test_figures_that_are_not_to_be_believed_are_called_that_before_they_are_shown(build):
    text = text_of(report(build, protocol=Soundness(133, test_in_validation=133, twins_in_training=9))[1])
    said = (
        "These figures are not to be believed: 9 of 133 test faces have an identical twin among the faces that were "
        "learned from; 133 of 133 test faces chose the weights."
    )
    assert text.index(said) < text.index("bootstrap intervals")
    assert "never learned from" not in text
    assert "looked at once" not in text
    sound = text_of(report(build)[1])
    assert "believed:" not in sound
    assert "133 faces of PrivateTest that it never learned from." in sound


def test_the_report_says_which_preset_the_settings_are_like(build):
    assert "Settings as" not in text_of(report(build)[1])
    sections = {**load_preset("mememoji").sections("seed"), "ingest": {"image_size": 48}}
    for stage, section in sections.items():
        epochs = {"epochs": 3} if stage == "train" else {}
        summary = {"stage": stage, "params": {**section, **epochs}, "notes": []}
        (build / stage / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    said = "Settings as the preset mememoji, the seed&#39;s protocol, but train.epochs 3 instead of 100."
    assert said in text_of(report(build)[1])


def test_a_face_with_two_roles_is_one_face_that_was_read(build):
    table = split_table()
    before = collect(build, (), table, EMOTIONS)
    both = pd.concat([table, table[table["split"] == "test"].assign(split="train")])
    after = collect(build, (), both, EMOTIONS)
    assert (after.used, after.read) == (before.used, before.read)
    assert after.sides["train"].sum() == (table["split"] == "test").sum()


def test_the_report_says_which_rows_the_test_set_is_and_how_often_it_is_looked_at(build):
    text = text_of(report(build)[1])
    assert "every face of PrivateTest" in text
    assert "looked at once for each registered version" in text
    assert "PublicTest" in text_of(report(build, split_table(usage="PublicTest"))[1])


def test_what_was_not_used_stands_with_its_reason(build):
    text = text_of(report(build)[1])
    assert "203 rows were read and 200 faces are used" in text
    assert "refused: bad row the row does not follow the format 1" in text
    assert "dropped: constant one gray value only 2 Training 1, PrivateTest 1" in text


def test_every_reason_has_words():
    assert set(MEANING) == set(Reason)


def test_the_source_is_described(build):
    text = text_of(report(build)[1])
    assert "contrast differs between Training and PrivateTest" in text
    assert "f.csv, 9,999 bytes" in text
    assert "12 images in both; 13 faces of the second" in text
    assert "happy 0 1,234" in text


def test_settings_and_notes_of_the_stages_are_shown(build):
    page = report(build)[1]
    assert "stage_of: clean" in page
    assert "bootstrap_samples: 100" in page
    assert "uv run dvc repro --pull" in page


def test_what_comes_from_data_is_escaped(build):
    page = report(build)[1]
    assert "All rights &lt;reserved&gt;" in page
    assert "has &lt;spoken&gt;" in page
    assert "<spoken>" not in page


def test_pictures_of_earlier_stages_are_embedded_when_they_are_there(build):
    page = report(build)[1]
    assert "Faces that were dropped" in page
    assert "How training faces are changed" not in page
    write_png(build / "augment" / "preview.png", np.full((40, 60, 3), 99, np.uint8))
    assert "How training faces are changed" in report(build)[1]


def test_the_report_does_without_what_earlier_stages_did_not_write(tmp_path):
    text = text_of(report(tmp_path)[1])
    assert "200 rows were read and 200 faces are used" in text
    assert "Fingerprint" not in text


def test_feature_maps_stand_where_there_are_pooling_layers(build):
    assert "no pooling layers" in report(build)[1]
    page = report(build, layers=[FeatureMaps("pool_1", np.random.default_rng(0).random((4, 4, 30)))])[1]
    assert "24 of 30 maps of 4 x 4" in page
    assert "no pooling layers" not in page


def test_a_class_without_test_faces_is_told(build):
    table = split_table()
    table = table[(table["split"] == "validation") | (table["class"] != "disgust")]
    assert "disgust no test face" in text_of(report(build, table)[1])


def test_a_test_set_of_twins_only_has_no_clean_figure(build):
    text = text_of(report(build, split_table().assign(twin_in_training=True))[1])
    assert "every test face has a twin in Training" in text


def test_agreement_with_taggers_stands_where_votes_are(build):
    votes = {f"votes_{name}": np.uint8(name == "happiness") for name in FERPLUS_VOTES}
    assert "FER+" not in text_of(report(build)[1])
    assert "Agreement with ten taggers (FER+)" in text_of(report(build, split_table().assign(**votes))[1])


def test_two_classes_are_enough(build):
    classes = ("happy", "sad")
    text = text_of(report(build, split_table(classes=classes), classes)[1])
    assert "Top 2" not in text
    assert "M measure" in text


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.652, 0.683, [65, 66, 67, 68, 69]),
        (0.40, 0.48, [40, 42, 44, 46, 48]),
        (0.2, 0.9, [20, 40, 60, 80, 100]),
        (1.0, 1.0, [99, 100]),
        (0.0, 0.0, [0, 1]),
    ],
)
def test_the_axis_is_just_wide_enough_for_the_intervals(low, high, ticks):
    side = {"n": 5, "accuracy_interval": {"low": low, "high": high}}
    axis = accuracy_axis({"official": side, "clean": {"n": 0}})
    assert [round(tick * 100) for tick in axis.ticks] == ticks
    assert 0 <= axis.at(low) <= axis.at(high) <= 100


def test_large_sheets_are_made_smaller():
    tall = sheet_uri(np.zeros((20_000, 100, 3), np.uint8))
    assert tall.startswith("data:image/webp;base64,")
    assert max(SHEET_LIMITS) < 16_384


def test_labels_keep_the_order_of_the_emotions():
    assert labels([{"sad": 1, "contempt": 2}, {"angry": 1}]) == ["angry", "sad", "contempt"]


def test_labels_that_are_hardly_believed_are_counted_by_what_they_are_taken_for(build):
    doubts = pd.DataFrame(
        {
            "label": ["sad", "sad", "fear", "happy"],
            "suggested": ["angry", "angry", "surprise", "neutral"],
            "score": [0.01, 0.02, 0.03, 0.4],
            "dropped": [True, False, False, False],
        }
    )
    doubts.to_parquet(build / "clean" / "doubtful.parquet")
    page = report(build)[1]
    assert "Labels that are hardly believed" in page
    assert '<tr><th>sad</th><td>angry</td><td class="n">2</td><td class="n">1</td></tr>' in page
    assert "<tr><th>happy</th><td>neutral</td>" not in page


def test_labels_that_nobody_judged_are_not_told_of(build):
    assert "hardly believed" not in report(build)[1]


@pytest.mark.parametrize(("side", "shown"), [(48, 48), (FACE_LIMIT, FACE_LIMIT), (224, FACE_LIMIT)])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_faces_are_embedded_in_their_colours_and_no_larger_than_shown(side, shown, channels):
    face = np.random.default_rng(0).integers(0, 256, (side, side, *channels), dtype=np.uint8)
    content = base64.b64decode(face_uri(face).partition(",")[2])
    embedded = decode(content)
    assert embedded.shape == (shown, shown, *channels)
    assert np.array_equal(embedded, resize(face, shown))
