import pytest

from mien.datasets.affectnet import golden
from mien.labels import AFFECTNET


def figures(**usages):
    """As `fingerprint` gives them; counts by code of each Usage."""
    counts = {
        usage: {AFFECTNET.label(code): count for code, count in enumerate(found)} for usage, found in usages.items()
    }
    return {"usages": {usage: {"rows": sum(found)} for usage, found in usages.items()}, "counts": counts}


@pytest.mark.parametrize("name", golden.SETS)
def test_a_genuine_copy_is_known_and_has_no_warning(name):
    found = figures(**golden.SETS[name])
    assert golden.is_copy(found)
    assert golden.warnings(found) == []


def test_the_bad_row_and_the_empty_picture_of_every_copy_are_no_difference():
    training, validation = list(golden.TRAINING), list(golden.VALIDATION)
    training[0] -= 1
    validation[7] -= 1
    assert golden.warnings(figures(Training=training, PublicTest=validation)) == []


def test_a_difference_is_named():
    training = list(golden.TRAINING)
    training[7] -= 50
    assert golden.warnings(figures(Training=training, PublicTest=golden.VALIDATION)) == [
        "Training: contempt is 3,700, AffectNet has 3,750 in the manually annotated part"
    ]


def test_a_missing_validation_set_is_a_difference_of_each_class():
    assert len(golden.warnings(figures(Training=golden.TRAINING))) == 11


def test_a_data_set_of_another_size_is_not_compared():
    found = figures(Training=(500,) * 8)
    assert not golden.is_copy(found)
    assert golden.warnings(found) == []


def test_the_counts_are_those_of_the_files():
    assert (sum(golden.TRAINING), sum(golden.VALIDATION), sum(golden.AUTOMATIC)) == (414_799, 5_500, 539_607)
