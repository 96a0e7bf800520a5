import hashlib
import io
import json
import math

import numpy as np
import pandas as pd
import pytest

from mien.datasets import fingerprint as module
from mien.datasets import golden
from mien.datasets.batch import Row
from mien.datasets.fingerprint import (
    bytes_per_face,
    difference_warnings,
    figures,
    file_facts,
    image_figures,
    licence,
    size_warnings,
)
from mien.datasets.table import Faces
from mien.labels import EMOTIONS
from tests.datasets import fakes


def faces_of(items):
    """Faces from (usage, label, image) triples."""
    rows = []
    for at, (usage, label, image) in enumerate(items):
        digest = hashlib.sha256(image.tobytes()).hexdigest()
        rows.append(Row(f"{at:08d}", "a.csv", at + 2, usage, "fer2013", 0, label, digest, 48, 48))
    return Faces(pd.DataFrame(rows), np.stack([image for _, _, image in items]))


def fingerprint(faces):
    stored = io.BytesIO()
    types = dict.fromkeys(("usage", "label", "sha256"), "str") | dict.fromkeys(("width", "height"), "int32")
    faces.table.astype(types).to_parquet(stored)
    return module.fingerprint(module.coded(stored), measured(faces.images), 48)


def measured(images):
    return image_figures(figures(images), math.prod(images.shape[1:]))


A, B, C, D = fakes.faces(4)
BLACK = np.zeros((48, 48), np.uint8)
FACES = faces_of(
    [
        ("Training", "happy", A),
        ("Training", "happy", A),
        ("Training", "sad", B),
        ("Training", "sad", BLACK),
        ("PublicTest", "happy", A),
        ("PublicTest", "happy", A),
        ("PublicTest", "angry", C),
        ("PrivateTest", "fear", B),
        ("PrivateTest", "angry", C),
        ("PrivateTest", "neutral", D),
    ]
)


def test_unique_redundant_and_constant_images_are_counted():
    figures = fingerprint(FACES)
    assert (figures["unique"], figures["redundant"], figures["constant"]) == (5, 5, 1)
    assert figures["usages"]["Training"]["rows"] == 4
    assert [figures["usages"][usage]["redundant"] for usage in figures["usages"]] == [1, 1, 0]
    assert [figures["usages"][usage]["constant"] for usage in figures["usages"]] == [1, 0, 0]


def test_images_in_two_usages_are_counted_as_images_and_as_faces_of_the_second():
    figures = fingerprint(FACES)
    assert figures["cross"] == {
        "Training-PublicTest": {"images": 1, "faces": 2},
        "Training-PrivateTest": {"images": 1, "faces": 1},
        "PublicTest-PrivateTest": {"images": 1, "faces": 1},
    }
    assert figures["cross_usage"] == 3


def test_groups_whose_labels_disagree_are_counted():
    assert fingerprint(FACES)["conflicting"] == {"groups": 1, "faces": 2}


def test_classes_are_counted_by_usage():
    assert fingerprint(FACES)["counts"]["Training"] == {"happy": 2, "sad": 2}


def test_mean_and_spread_are_those_of_numpy():
    images = fakes.faces(300)
    found = measured(images)
    assert np.allclose(found["mean"], images.mean(axis=(1, 2)))
    assert np.allclose(found["spread"], images.std(axis=(1, 2)))
    assert not found["constant"].any()


def test_figures_of_large_bright_images_do_not_overflow():
    found = measured(np.full((2, 512, 512, 3), 255, np.uint8))
    assert found["mean"].tolist() == [255.0, 255.0]
    assert found["spread"].tolist() == [0.0, 0.0]
    assert found["constant"].all()


def test_without_faces_there_are_figures_that_json_takes():
    empty = Faces(pd.DataFrame([], columns=FACES.table.columns), np.empty((0, 48, 48), np.uint8))
    figures = fingerprint(empty)
    assert figures["unique"] == 0
    json.dumps(figures, allow_nan=False)


def test_a_difference_of_more_than_a_fifth_is_warned_of():
    assert difference_warnings({"Training": 50.0, "PublicTest": 60.0, "PrivateTest": 42.0}, "contrast") == []
    (warning,) = difference_warnings({"Training": 50.0, "PublicTest": 60.1}, "contrast")
    assert warning.startswith("contrast differs by more than 20%: Training 50.0, PublicTest 60.1")
    assert len(difference_warnings({"Training": 785.0, "PrivateTest": 1578.0}, "bytes")) == 1
    assert difference_warnings({"PrivateTest": 50.0}, "contrast") == []


def test_bytes_of_pictures_are_averaged_by_usage():
    usages = {"Training": {"rows": 2}, "PublicTest": {"rows": 1}}
    assert bytes_per_face({"Training": 30, "PublicTest": 5}, usages) == {"Training": 15.0, "PublicTest": 5.0}


def test_of_very_many_sizes_the_frequent_ones_are_told_and_the_others_counted(monkeypatch):
    monkeypatch.setattr(module, "MAX_SIZES", 2)
    table = FACES.table.assign(width=[48] * 4 + [5, 5, 5, 7, 7, 9], height=48)
    assert fingerprint(Faces(table, FACES.images))["sizes"] == {"48x48": 4, "5x48": 3, "other": 3}


def test_pictures_of_other_sizes_or_in_colour_are_warned_of():
    assert size_warnings({"48x48": 10}, 0) == []
    sized, coloured = size_warnings({"48x48": 10, "224x224": 2000}, 7)
    assert sized.startswith("2,000 pictures are not 48x48")
    assert coloured.startswith("7 pictures are in colour")


def test_a_file_is_recorded_with_size_and_md5(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"abc")
    assert file_facts(tmp_path / "a.csv", "a.csv") == {
        "name": "a.csv",
        "bytes": 3,
        "md5": "900150983cd24fb0d6963f7d28e17f72",
    }


def test_the_licence_is_read_from_beside_the_data(tmp_path):
    assert licence(tmp_path) is None
    (tmp_path / "LICENSE.txt").write_text("Research only.\n" + "more\n" * 50)
    text = licence(tmp_path)
    assert text.startswith("Research only.\nmore")
    assert text.count("\n") == 11


def test_a_licence_that_is_a_link_out_of_the_folder_is_never_opened(tmp_path):
    (tmp_path / "secret").write_text("secret")
    data = tmp_path / "data"
    data.mkdir()
    (data / "LICENSE").symlink_to(tmp_path / "secret")
    assert licence(data) is None
    (data / "LICENSE.txt").write_text("Research only.")
    assert licence(data) == "Research only."


def genuine():
    """The figures of the genuine FER2013."""
    counts = {usage: dict(zip(EMOTIONS, golden.COUNTS[usage], strict=True)) for usage in golden.ROWS}
    usages = {
        usage: {
            "rows": rows,
            "redundant": golden.REDUNDANT[usage],
            "constant": golden.CONSTANT[usage],
            "spread": 54.02,
            "mean": 129.0,
        }
        for usage, rows in golden.ROWS.items()
    }
    cross = {pair: dict(figures) for pair, figures in golden.CROSS.items()}
    figures = {"usages": usages, "counts": counts, "cross": cross, "conflicting": dict(golden.CONFLICTING)}
    return figures | golden.TOTAL | {"image_size": 48}


def test_the_golden_figures_agree_among_themselves():
    assert {usage: sum(counts) for usage, counts in golden.COUNTS.items()} == golden.ROWS
    assert golden.TOTAL["unique"] + golden.TOTAL["redundant"] == sum(golden.ROWS.values())
    assert sum(golden.CONSTANT.values()) == golden.TOTAL["constant"]


def test_the_genuine_figures_give_no_warning():
    assert golden.warnings(genuine()) == []
    assert golden.is_copy(genuine())


def test_a_smoothed_training_half_that_hides_the_leak_is_named():
    figures = genuine()
    figures["cross"]["Training-PublicTest"] = {"images": 1, "faces": 1}
    assert golden.warnings(figures) == [
        "Training-PublicTest: images is 1, FER2013 has 270",
        "Training-PublicTest: faces is 1, FER2013 has 280",
    ]


def test_an_equalised_copy_is_named_by_its_contrast():
    figures = genuine()
    figures["usages"]["Training"]["spread"] = 74.0
    (warning,) = golden.warnings(figures)
    assert warning == "Training: mean contrast is 74.0, FER2013 has 54.0; the pixels were altered"
    assert golden.warnings(figures | {"image_size": 224}) == []


@pytest.mark.parametrize("name", ["unique", "redundant", "constant"])
def test_a_total_that_differs_is_named(name):
    figures = genuine()
    figures[name] += 1
    assert golden.warnings(figures) == [f"all: {name} is {figures[name]:,}, FER2013 has {golden.TOTAL[name]:,}"]


def test_a_copy_without_private_test_is_compared_as_far_as_it_goes():
    figures = genuine()
    del figures["usages"]["PrivateTest"]
    figures["unique"] = 5
    figures["usages"]["PublicTest"]["rows"] = 3580
    assert golden.warnings(figures) == ["PublicTest: rows is 3,580, FER2013 has 3,589"]


def test_a_small_data_set_is_not_compared():
    assert golden.warnings(fingerprint(FACES)) == []
    assert not golden.is_copy(fingerprint(FACES))


def test_an_image_of_one_colour_is_constant_although_its_channels_differ():
    images = np.full((2, 6, 6, 3), (200, 10, 90), np.uint8)
    images[1, 3, 3, 1] = 11
    assert figures(images)[:, 2].tolist() == [1, 0]
