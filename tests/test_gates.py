import pytest

from mien.gates import judge, judge_protocol
from mien.params import Gates
from mien.soundness import Soundness

FIGURES = {"accuracy": 0.6, "macro_f1": 0.5, "recall": {"happy": 0.9, "disgust": 0.2}, "ece": 0.04}
LIMITS = Gates(min_accuracy=0.6, min_macro_f1=0.5, min_recall=0.2, max_ece=0.04)


def test_a_model_exactly_at_the_limits_passes():
    assert all(gate.passed for gate in judge(FIGURES, LIMITS))


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"accuracy": 0.59}, "min_accuracy"),
        ({"macro_f1": 0.49}, "min_macro_f1"),
        ({"recall": {"happy": 0.9, "disgust": 0.1}}, "min_recall"),
        ({"ece": 0.05}, "max_ece"),
    ],
)
def test_each_gate_fails_alone(change, failed):
    assert [gate.name for gate in judge({**FIGURES, **change}, LIMITS) if not gate.passed] == [failed]


def test_a_gate_reads_as_a_sentence():
    gates = {gate.name: str(gate) for gate in judge(FIGURES, Gates())}
    assert gates["min_recall"] == "min_recall: 0.2000 of disgust, must be at least 0.1"
    assert gates["max_ece"] == "max_ece: 0.0400, must be at most 0.15"


def test_one_test_face_that_taught_or_chose_is_one_too_many():
    assert judge_protocol(Soundness(2_127).record).passed
    gate = judge_protocol(Soundness(2_127, test_in_validation=2_127, twins_in_training=40).record)
    assert not gate.passed
    assert str(gate) == "max_seen_test_faces: 2,127, must be at most 0"
    assert not judge_protocol(Soundness(2_127, twins_in_training=1).record).passed
