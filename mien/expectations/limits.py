"""Limits that go by the data set, where params.yaml says `auto`: what is sound in one is a fault in another."""

from collections.abc import Mapping

from mien.labels import AFFECTNET, FER2013
from mien.params import ValidateParams


class Limits(ValidateParams):
    """`ValidateParams` in which every limit is a number."""

    min_class_share: float
    min_test_share: float
    max_conflict_share: float
    max_label_drift: float


USUAL: Mapping[str, Mapping[str, float]] = {
    FER2013.name: {
        "min_class_share": 0.005,
        "min_test_share": 0.05,
        "max_conflict_share": 0.12,
        "max_label_drift": 0.05,
    },
    # Of all 959,906 pictures 0.44 % are contempt, and validation.csv, the only test set, is 0.57 %. It has 500 of each
    # class, which is 0.6 (manual part, 11 classes) to 0.92 nats (all of it) away from Training. Of the pictures that
    # two people labelled they agreed on 60.7 % (Mollahosseini et al. 2017, arXiv 1708.03985).
    AFFECTNET.name: {
        "min_class_share": 0.003,
        "min_test_share": 0.005,
        "max_conflict_share": 0.4,
        "max_label_drift": 1.0,
    },
}
"""By label space."""


def limits(params: ValidateParams, label_space: str) -> Limits:
    """The limits for faces of a label space; those of FER2013 for one that is not known."""
    usual = USUAL.get(label_space, USUAL[FER2013.name])
    chosen = {name: value for name, value in usual.items() if getattr(params, name) == "auto"}
    return Limits(**(params.model_dump() | chosen))
