"""Limits that go by the data set: the genuine AffectNet is sound, and FER2013 is judged as it always was."""

from collections.abc import Mapping

import numpy as np
import pytest

from mien.datasets.affectnet import golden
from mien.datasets.table import Faces
from mien.expectations.limits import USUAL, limits
from mien.labels import AFFECTNET
from mien.params import ValidateParams
from tests.expectations.drawn import changed, faces_of, finding

SCALE = 250
"""One drawn face for so many of the genuine ones."""


def genuine(usages: Mapping[str, tuple[int, ...]]) -> Faces:
    """Faces with the shares of AffectNet's codes."""
    drawn = [(usage, code) for usage, counts in usages.items()
             for code, count in enumerate(counts) for _ in range(round(count / SCALE))]  # fmt: skip
    codes = np.array([code for _, code in drawn], np.int16)
    images = np.random.default_rng(1).integers(0, 256, (len(drawn), 16, 16), dtype=np.uint8)
    faces = faces_of(images, codes % 7, np.array([usage for usage, _ in drawn]))
    labels = np.array([AFFECTNET.label(code) for code in codes], object)
    return changed(faces, code=codes, label=labels, label_space="affectnet")


AFFECTED = ("smallest_class", "test_share", "label_drift_PublicTest")


@pytest.mark.parametrize("name", [name for name, usages in golden.SETS.items() if "PublicTest" in usages])
def test_the_genuine_affectnet_meets_the_usual_limits(name, tmp_path):
    faces = genuine(golden.SETS[name])
    assert [finding(rule, faces, tmp_path / rule).met for rule in AFFECTED] == [True] * 3


def test_its_automatic_part_has_too_little_contempt_and_the_key_is_named(tmp_path):
    faces = genuine({"Training": golden.AUTOMATIC})
    contempt = changed(faces, slice(1), code=7, label="contempt")
    found = finding("smallest_class", contempt, tmp_path)
    assert (found.met, found.rule.key) == (False, "validate.min_class_share")


def test_by_the_limits_of_fer2013_it_would_not_be_sound(tmp_path):
    faces = genuine(golden.SETS["all of it"])
    strict = ValidateParams(**USUAL["fer2013"])
    assert [finding(rule, faces, tmp_path / rule, strict).met for rule in AFFECTED] == [False] * 3


def test_a_number_in_the_params_counts_more_than_what_is_usual():
    found = limits(ValidateParams(min_class_share=0.2), "affectnet")
    assert (found.min_class_share, found.max_conflict_share) == (0.2, 0.4)


def test_fer2013_and_what_is_not_known_have_the_limits_of_old():
    for space in ("fer2013", "unknown"):
        found = limits(ValidateParams(), space)
        assert {name: getattr(found, name) for name in USUAL["fer2013"]} == USUAL["fer2013"]
