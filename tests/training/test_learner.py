import keras
import numpy as np
import pytest

from mien.params import OptimizerParams
from mien.training.learner import Learner, make_optimizer
from mien.training.parallel import Single
from tests.training import tiny


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop"])
def test_every_optimiser_is_made_with_its_settings(name):
    made = make_optimizer(OptimizerParams(name=name, learning_rate=0.03, clipnorm=1.5, weight_decay=0.2))
    assert type(made).__name__.lower() == name
    assert float(made.learning_rate) == pytest.approx(0.03)
    assert made.clipnorm == 1.5
    assert made.weight_decay == 0.2


def test_momentum_is_nesterovs_and_adamw_keeps_its_own_decay():
    sgd = make_optimizer(OptimizerParams(name="sgd", momentum=0.8))
    assert (sgd.momentum, sgd.nesterov) == (0.8, True)
    assert make_optimizer(OptimizerParams(name="sgd", momentum=0.0)).nesterov is False
    assert make_optimizer(OptimizerParams(name="adamw")).weight_decay == keras.optimizers.AdamW().weight_decay


@pytest.fixture(scope="module")
def learner():
    return Learner(
        tiny.network("tiny", 3, shape=(8, 8, 1), mean=80.0, std=50.0), tiny.params(**tiny.EVERYTHING), Single("auto")
    )


def step(learner):
    images, labels = tiny.drawn(16, 5)
    return learner.step(images[..., None], np.eye(3, dtype=np.float32)[labels], np.ones(16, np.float32))


def test_the_same_state_seed_and_epoch_give_the_same_step(learner):
    before = learner.state()
    losses = []
    for epoch in (3, 3, 4):
        learner.restore(before)
        learner.begin_epoch(7, epoch, 0.01)
        losses.append(step(learner))
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_an_epoch_has_its_learning_rate(learner):
    before = learner.state()
    moved = []
    for rate in (0.001, 0.1):
        learner.restore(before)
        learner.begin_epoch(7, 0, rate)
        step(learner)
        moved.append(np.abs(learner.state()["weights"][0] - before["weights"][0]).max())
    assert moved[1] > 50 * moved[0]


def test_a_taken_state_does_not_move_with_the_learner(learner):
    before = learner.state()
    kept = [value.copy() for value in before["weights"]]
    learner.begin_epoch(7, 0, 0.1)
    step(learner)
    assert all(np.array_equal(value, copy) for value, copy in zip(before["weights"], kept, strict=True))
    assert not np.array_equal(learner.state()["weights"][0], kept[0])


def test_a_weight_that_is_no_number_is_noticed(learner):
    state = learner.state()
    assert learner.all_finite()
    spoilt = [value.copy() for value in state["weights"]]
    spoilt[0][0, 0] = np.nan
    learner.restore({**state, "weights": spoilt})
    assert not learner.all_finite()
    learner.restore(state)
