"""Faces with planted twins, under each preset's protocols: who has which role, and whether that is sound."""

import pytest

from mien.cleaning import clean_faces
from mien.labels import EMOTIONS
from mien.params import parse_params
from mien.presets import PRESETS, load_preset
from mien.soundness import Soundness, soundness
from mien.splitting import split_faces
from tests.cleaning.tables import make_faces, noise

COUNTS = {"Training": 140, "PublicTest": 35, "PrivateTest": 35}
OFFICIAL = ("blog_cnn", "mememoji", "vgg_small", "vgg_small_plain")
"""The presets whose own protocol is the official split with its twins."""


@pytest.fixture(scope="module")
def faces():
    """Noise, evenly of all classes; happy faces of Training return in the other Usages, once in each."""
    images = noise(210, 16)
    labels = [EMOTIONS[at % 7] for at in range(210)]
    happy = [at for at, label in enumerate(labels) if label == "happy"]
    training, public, private = (
        [at for at in happy if low <= at < high] for low, high in ((0, 140), (140, 175), (175, 210))
    )
    images[public[0]], images[private[0]] = images[training[0]], images[training[1]]
    images[private[1]] = images[public[1]]
    return make_faces(images, [usage for usage, count in COUNTS.items() for _ in range(count)], labels)


def split(faces, name, protocol):
    params = parse_params(load_preset(name).sections(protocol))
    cleaned = clean_faces(faces, params.clean)
    parted = split_faces(cleaned.kept, params.split)
    assert parted.faces["face"].nunique() + len(parted.excluded) + len(cleaned.dropped) == len(faces)
    return parted


@pytest.mark.parametrize("name", PRESETS)
def test_under_the_sound_protocol_no_test_face_nor_its_twin_teaches_or_chooses(faces, name):
    parted = split(faces, name, "sound")
    assert soundness(parted.faces).sound
    test = parted.faces[parted.faces["split"] == "test"]
    assert set(test["usage"]) == {"PrivateTest"}
    assert (
        parted.counts.loc["test"].sum() == len(test) == sum(EMOTIONS[at % 7] in set(test["label"]) for at in range(35))
    )


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_official_split_of_the_seeds_has_twins_that_the_clean_figures_leave_out(faces, name):
    found = split(faces, name, "seed").faces
    test = len(found[found["split"] == "test"])
    assert soundness(found) == Soundness(test, twins_in_training=1, twins_in_validation=1)
    assert found.loc[found["split"] == "test", "twin_in_training"].sum() == 1
    assert load_preset(name).unsound == ""


def test_the_affectnet_report_learns_from_every_test_face(faces):
    found = split(faces, "affectnet_cnn", "seed").faces
    assert soundness(found) == Soundness(35, test_in_training=35)
    assert found["split"].value_counts().to_dict() == {"train": 126 + 35, "validation": 14, "test": 35}
    assert found.loc[found["split"] == "validation", "face"].tolist() == list(range(126, 140))


def test_the_notebook_chooses_by_its_test_faces_from_all_usages(faces):
    found = split(faces, "deep_cnn", "seed").faces
    assert found["split"].value_counts().to_dict() == {"train": 81, "validation": 9, "test": 9}
    result = soundness(found)
    assert (result.test_in_validation, result.test_in_training, result.test) == (9, 0, 9)
    assert set(found.loc[found["split"] == "train", "usage"]) == set(COUNTS)
