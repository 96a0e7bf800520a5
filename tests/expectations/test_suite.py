"""Each expectation has a data set that breaks it, and the finding tells what was observed."""

import numpy as np
import pytest

from mien.datasets.table import Faces
from mien.expectations.rule import CRITICAL, WARNING
from mien.expectations.suite import MIN_TWINS, TYPES, derived_suite, raw_suite
from mien.expectations.tables import derived_tables, raw_tables
from mien.expectations.verdict import describe
from mien.labels import EMOTIONS
from mien.params import ValidateParams
from tests.expectations.drawn import changed, faces_of, finding, relabelled, sound, with_votes

SOUND = sound()
CODES = SOUND.table["code"].to_numpy()
FACES = np.arange(len(SOUND))


def whole_suite(faces=SOUND, params=None):
    params = params or ValidateParams()
    tables = raw_tables(faces)
    tables |= derived_tables(faces, params.required_classes)
    return raw_suite(tables) | derived_suite(tables, params)


def brighter(faces, change):
    return Faces(faces.table, change(faces.images))


def spoiled(codes, share):
    """Codes of which a share was replaced by another one."""
    rng = np.random.default_rng(3)
    hit = rng.random(len(codes)) < share
    return np.where(hit, (codes + rng.integers(1, 7, len(codes))) % 7, codes)


def conflicting(groups):
    """The second face of so many of the thirty pairs has another label."""
    codes = CODES.copy()
    codes[70 : 70 + groups] = (codes[70 : 70 + groups] + 1) % 7
    return relabelled(SOUND, codes)


def more_in_public_test(code):
    return relabelled(SOUND, np.where((FACES >= 300) & (FACES < 360) & (FACES % 2 == 0), code, CODES))


def flat(faces, low, high):
    """Contrast squeezed into [low, high]."""
    return brighter(faces, lambda images: (low + images.astype(float) * (high - low) / 255).astype(np.uint8))


def smoothed_training():
    images = SOUND.images.copy()
    images[:300] = 64 + images[:300] // 2
    return Faces(SOUND.table, images)


def blurred_training():
    """Each pixel of Training the mean of three in a row, stretched so that the contrast stays what it was."""
    images = SOUND.images.astype(float)
    part = (np.roll(images[:300], 1, axis=2) + images[:300] + np.roll(images[:300], -1, axis=2)) / 3
    images[:300] = 127.5 + (part - 127.5) * images[300:].std() / part.std()
    return Faces(SOUND.table, images.clip(0, 255).astype(np.uint8))


def blank(count):
    images = SOUND.images.copy()
    images[:count] = 40
    return Faces(SOUND.table, images)


OTHER_COLUMNS = Faces(SOUND.table.drop(columns="usage").assign(extra=1), SOUND.images)
LAST_CLASSES_LOST = relabelled(SOUND, np.where((CODES > 4) & (FACES < 360), 0, CODES))
ONE_DISGUST = relabelled(SOUND, np.where((CODES == 1) & (FACES > 1), 0, CODES))
MOSTLY_HAPPY = relabelled(SOUND, np.where(FACES % 3, 3, CODES))
NO_LABEL = changed(changed(SOUND, slice(2), code=-1), slice(2), label="")

BROKEN = {
    "columns": (OTHER_COLUMNS, "missing: usage; unexpected: extra"),
    "any_row": (Faces(SOUND.table[:0], SOUND.images[:0]), "0"),
    "type_of_width": (changed(SOUND, width=SOUND.table["width"].astype("int64")), "int64"),
    "type_of_label": (changed(SOUND, label=SOUND.table["label"].astype("category")), "category"),
    "no_null_sample_id": (changed(SOUND, slice(3), sample_id=None), "3 of 420 (0.71%) do not fit"),
    "image_count": (Faces(SOUND.table, SOUND.images[:-1]), "images 419, rows 420"),
    "image_dtype": (brighter(SOUND, lambda images: images.astype(np.float32)), "1 of 1 (100.00%) do not fit"),
    "image_dimensions": (brighter(SOUND, lambda images: images.reshape(420, -1)), "1 of 1"),
    "image_channels": (brighter(SOUND, lambda images: np.stack([images] * 4, axis=3)), "1 of 1"),
    "image_square": (brighter(SOUND, lambda images: images[:, :, :15]), "height 16, images 420, rows 420, width 15"),
    "image_size": (brighter(SOUND, lambda images: images[:, :15, :15]), "height 15"),
    "rows": (Faces(SOUND.table[:99], SOUND.images[:99]), "99"),
    "sample_ids_unique": (changed(SOUND, slice(2), sample_id="twice"), "2 of 420 (0.48%) do not fit; first: "),
    "face_is_position": (changed(SOUND, slice(5, 6), face=9), "1 of 420 (0.24%) do not fit; first: face 9"),
    "sources_relative": (changed(SOUND, slice(4), source=["/a.csv", "C:\\a.csv", "../a.csv", ""]), "4 of 420"),
    "lines": (changed(SOUND, slice(1), line=-1), "1 of 420 (0.24%) do not fit; first: line -1"),
    "digests": (changed(SOUND, slice(1), sha256="ABC"), "1 of 420"),
    "usages_known": (changed(SOUND, slice(1), usage="Testing"), "first: sample_id 00000000, usage Testing"),
    "label_spaces_known": (changed(SOUND, slice(1), label_space="mine"), "label_space mine"),
    "one_label_space": (changed(SOUND, slice(1), label_space="affectnet"), "2"),
    "codes_fit_labels": (changed(SOUND, slice(1), code=3), "1 of 420 (0.24%) do not fit; first: code 3, label angry"),
    "labelled": (NO_LABEL, "2 of 420 (0.48%) do not fit"),
    "source_height": (changed(SOUND, slice(1), height=15), "height 15"),
    "valence_range": (changed(SOUND, slice(1), valence=-2.0), "valence -2"),
    "arousal_range": (changed(SOUND, slice(1), arousal=1.5), "arousal 1.5"),
    "source_width": (changed(SOUND, slice(1), width=15), "width 15"),
    "pixel_range": (brighter(SOUND, lambda images: images // 255), "observed: 1;"),
    "brightness": (flat(SOUND, 0, 60), "observed: 29."),
    "contrast": (flat(SOUND, 110, 140), "observed: 8.6"),
    "constant_images": (blank(9), "9 of 420 (2.14%) do not fit; first: range 0, sample_id 00000000"),
    "redundant_images": (changed(SOUND, slice(200), sha256="0" * 64), "observed: 52.62%; first: sample_id 00000001"),
    "two_classes": (relabelled(SOUND, CODES * 0), "observed: 1"),
    "classes_in_training": (relabelled(SOUND, np.where((CODES == 1) & (FACES < 300), 0, CODES)), "missing: disgust"),
    "classes_in_PublicTest": (LAST_CLASSES_LOST, "missing: neutral, surprise"),
    "label_drift_PublicTest": (more_in_public_test(3), "label happy, observed 0.566667"),
    "votes": (changed(with_votes(SOUND, CODES), slice(2), votes_neutral=11), "2 of 420"),
    "ferplus_agreement": (with_votes(SOUND, spoiled(CODES, 0.6)), "of 420"),
    "smallest_class": (ONE_DISGUST, "0.24%; first: faces 1, label disgust"),
    "largest_class": (MOSTLY_HAPPY, "observed: 71.43%; first: faces 300, label happy"),
    "training_share": (changed(SOUND, slice(100, 300), usage="PublicTest"), "23.81%; first: faces 100"),
    "test_share": (changed(SOUND, slice(310, None), usage="Training"), "2.38%"),
    "contrast_ratio": (smoothed_training(), "observed: 2; first: faces 60, spread_ratio 2.000492"),
    "detail_ratio": (blurred_training(), "observed: 1.854; first: detail_ratio 1.8"),
    "leaked_faces": (changed(SOUND, slice(300, 330), sha256=SOUND.table["sha256"][3]), "50.00%; first: faces 60"),
    "twins_agree": (conflicting(4), "4 of 30 (13.33%) do not fit; first: faces 2, labels 2, sample_id 00000000"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_data_break_the_expectation_and_the_message_tells_how(name, tmp_path):
    faces, observed = BROKEN[name]
    found = finding(name, faces, tmp_path)
    assert not found.met
    assert describe(found).startswith(f"{name}: expected that {found.rule.demand}; observed: ")
    assert observed in describe(found)


def test_every_expectation_has_a_case_that_breaks_it():
    names = {rule.name for rules in whole_suite(with_votes(SOUND, CODES)).values() for rule in rules}
    alike = {name for name in names if name.startswith(("type_of_", "no_null_")) or name.endswith("_PrivateTest")}
    assert names - alike == BROKEN.keys() - {"type_of_width", "type_of_label", "no_null_sample_id"}


def test_names_are_unique_and_every_rule_gives_demand_and_reason():
    rules = [rule for rules in whole_suite(with_votes(SOUND, CODES)).values() for rule in rules]
    assert len({rule.name for rule in rules}) == len(rules)
    assert all(rule.demand and rule.reason.endswith(".") for rule in rules)
    assert {rule.severity for rule in rules} == {CRITICAL, WARNING}


def test_keys_of_the_rules_are_keys_of_the_params():
    known = {f"validate.{name}" for name in ValidateParams.model_fields} | {"ingest.image_size"}
    keys = {rule.key for rules in whole_suite(with_votes(SOUND, CODES)).values() for rule in rules} - {""}
    assert keys == known


@pytest.mark.parametrize(
    ("name", "faces", "params"),
    [
        ("rows", SOUND, {"min_rows": 420}),
        ("constant_images", blank(9), {"max_constant_share": 0.03}),
        ("redundant_images", changed(SOUND, slice(200), sha256="0" * 64), {"max_redundant_share": 0.5}),
        ("classes_in_training", relabelled(SOUND, CODES % 2), {"required_classes": ["angry", "disgust"]}),
        ("smallest_class", relabelled(SOUND, CODES % 2), {"required_classes": ["angry", "disgust"]}),
        ("largest_class", MOSTLY_HAPPY, {"max_class_share": 0.72}),
        ("training_share", changed(SOUND, slice(100, 300), usage="PublicTest"), {"min_training_share": 0.2}),
        ("test_share", changed(SOUND, slice(310, None), usage="Training"), {"min_test_share": 0.02}),
        ("contrast_ratio", smoothed_training(), {"max_spread_ratio": 2.1}),
        ("leaked_faces", changed(SOUND, slice(300, 330), sha256=SOUND.table["sha256"][3]), {"max_leaked_share": 0.5}),
        ("label_drift_PublicTest", more_in_public_test(3), {"max_label_drift": 1.0}),
        ("ferplus_agreement", with_votes(SOUND, spoiled(CODES, 0.6)), {"min_ferplus_agreement": 0.3}),
        ("twins_agree", conflicting(4), {"max_conflict_share": 0.14}),
    ],
)
def test_the_limit_in_the_params_decides(name, faces, params, tmp_path):
    assert finding(name, faces, tmp_path, ValidateParams(**params)).met


def test_one_label_in_ten_spoiled_is_noticed_by_the_twins(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (1000, 16, 16), dtype=np.uint8)
    codes, usage = np.repeat(np.arange(500) % 7, 2), np.repeat(["Training", "PublicTest"], [800, 200])
    images[1::2] = images[::2]
    assert finding("twins_agree", faces_of(images, codes, usage), tmp_path / "good").met
    bad = finding("twins_agree", faces_of(images, spoiled(codes, 0.1), usage), tmp_path / "bad")
    assert not bad.met
    assert 0.14 < bad.value < 0.25


def test_smoothing_is_seen_in_the_detail_although_the_contrast_stays(tmp_path):
    assert finding("contrast_ratio", blurred_training(), tmp_path / "contrast").met
    assert not finding("detail_ratio", blurred_training(), tmp_path / "detail").met


def test_few_twins_say_nothing_about_the_labels():
    few = Faces(SOUND.table[: 70 + MIN_TWINS - 1], SOUND.images[: 70 + MIN_TWINS - 1])
    assert not whole_suite(few)["twins"]
    enough = Faces(SOUND.table[: 70 + MIN_TWINS], SOUND.images[: 70 + MIN_TWINS])
    assert whole_suite(enough)["twins"]


def test_a_test_set_that_is_not_there_is_not_asked_for():
    names = {rule.name for rules in whole_suite(changed(SOUND, usage="Training")).values() for rule in rules}
    assert not [name for name in names if "PublicTest" in name or "PrivateTest" in name]


def test_drift_tells_the_labels_that_moved_first(tmp_path):
    rows = finding("label_drift_PublicTest", more_in_public_test(3), tmp_path).rows
    assert rows[0]["label"] == "happy"
    assert rows[0]["observed"] > 0.5 > 0.2 > rows[0]["expected"]
    assert {row["label"] for row in rows} == set(EMOTIONS)


def test_at_most_ten_rows_are_named(tmp_path):
    assert len(finding("lines", changed(SOUND, line=-1), tmp_path).rows) == 10


def test_types_are_those_of_a_table_that_ingest_writes():
    assert SOUND.table.dtypes.astype(str).to_dict() == TYPES
