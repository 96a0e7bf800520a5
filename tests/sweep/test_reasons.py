import pytest
from pydantic import ValidationError

from mien.errors import TrainingError
from mien.params import TrainParams
from mien.sweep.reasons import LENGTH, OUT_OF_MEMORY, grouped, reason


class ResourceExhaustedError(Exception):
    """As TensorFlow's."""


def test_a_full_memory_is_one_reason_whatever_the_backend_calls_it():
    errors = (MemoryError(), ResourceExhaustedError("OOM when allocating 3"), RuntimeError("CUDA out of memory. 2 GiB"))
    assert {reason(error) for error in errors} == {OUT_OF_MEMORY}


def test_our_own_errors_speak_for_themselves_and_others_with_their_kind():
    assert reason(TrainingError("the loss is nan\nin line two")) == "the loss is nan"
    assert reason(ValueError("bad")) == "ValueError: bad"
    assert len(reason(TrainingError("x" * 1000))) == LENGTH


def test_reasons_that_differ_in_numbers_only_are_one_group_and_the_largest_is_first():
    groups = grouped([(1, "disk full"), (2, "the loss is nan in epoch 3"), (5, "the loss is nan in epoch 12")])
    assert [str(group) for group in groups] == [
        "2 trials (2, 5): the loss is nan in epoch 3",
        "1 trial (1): disk full",
    ]


def test_settings_that_do_not_fit_are_said_with_their_names():
    with pytest.raises(ValidationError) as caught:
        TrainParams.model_validate({"network": {"name": "vgg_small", "filters": 1}, "epochs": 0})
    said = reason(caught.value)
    assert "epochs: Input should be greater than or equal to 1" in said
    assert "validation error" not in said
