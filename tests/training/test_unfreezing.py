"""A backbone that learns in steps: what moves when, and a kill on either side of a border."""

import numpy as np
import pytest

from mien.errors import ParamsError
from mien.params import TrainParams, parse_params
from mien.training.learner import Learner
from mien.training.parallel import Single
from mien.training.trainer import train_model
from tests.training import tiny
from tests.training.test_schedules import course, report

STEPS = tiny.IN_STEPS["unfreeze"]


def params(**changes):
    return tiny.params(**{**tiny.IN_STEPS, "early_stopping": None, **changes})


def train(folder, on_epoch=lambda _: None, **changes):
    return train_model(
        tiny.data(), params(**changes), folder, on_epoch=on_epoch, tell=lambda _: None, build=tiny.backbone
    )


def moved(learner, epoch):
    """Names of the weights that an epoch of one batch changes."""
    learner.begin_epoch(7, epoch, 0.05)
    before = learner.state()["weights"]
    images, labels = tiny.drawn(32, epoch)
    learner.step(images[..., None], np.eye(3, dtype=np.float32)[labels], None)
    after = learner.state()["weights"]
    changed = [not np.array_equal(old, new) for old, new in zip(before, after, strict=True)]
    return {
        weight.path.split("/")[-2] for weight, is_new in zip(learner.network.weights, changed, strict=True) if is_new
    }


def test_each_step_moves_its_blocks_and_no_batch_norm_ever_moves():
    learner = Learner(tiny.backbone("tiny", 3, shape=(8, 8, 1), mean=80.0, std=50.0), params(), Single("auto"))
    head, last, first = "probabilities", "block2a_dense", "block1a_dense"
    seen = [moved(learner, epoch) for epoch in range(4)]
    assert seen == [{head}, {head, last}, {head, last}, {head, last, first}]


def test_without_steps_everything_learns_from_the_start():
    learner = Learner(
        tiny.backbone("tiny", 3, shape=(8, 8, 1), mean=80.0, std=50.0), params(unfreeze=None), Single("auto")
    )
    assert moved(learner, 0) == {"probabilities", "block1a_dense", "block1a_norm", "block2a_dense", "block2a_norm"}


def test_random_weights_learn_from_the_start_whatever_the_steps_are():
    settings = params(network={"name": "backbone"})
    learner = Learner(tiny.backbone("tiny", 3, shape=(8, 8, 1), mean=80.0, std=50.0), settings, Single("auto"))
    assert {"block1a_dense", "block1a_norm"} < moved(learner, 0)
    assert (
        course([], network={"name": "backbone"}, unfreeze=[{"after_epochs": 0, "factor": 0.1}]).learning_rate() == 0.1
    )


def test_a_backbone_without_any_step_stays_as_it_is():
    learner = Learner(
        tiny.backbone("tiny", 3, shape=(8, 8, 1), mean=80.0, std=50.0), params(unfreeze=[]), Single("auto")
    )
    assert [moved(learner, epoch) for epoch in (0, 9)] == [{"probabilities"}] * 2


class Stop(BaseException):
    """A process that dies."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return train(tmp_path_factory.mktemp("whole"), **tiny.EVERYTHING, epochs=5)


@pytest.mark.slow
@pytest.mark.parametrize("done", [1, 2, 3, 4])
def test_a_kill_on_either_side_of_a_border_changes_nothing_in_the_final_weights(tmp_path, whole, done):
    def dies(finished):
        if finished.epoch + 1 == done:
            raise Stop

    changes = {**tiny.EVERYTHING, "epochs": 5}
    with pytest.raises(Stop):
        train(tmp_path / "killed", dies, **changes)
    resumed = train(tmp_path / "killed", **changes)
    assert resumed.resumed_after == done
    assert resumed.facts.weights_sha256 == whole.facts.weights_sha256


def test_each_step_has_its_share_of_the_learning_rate():
    made = course([], **{**tiny.IN_STEPS, "epochs": 99})
    seen = []
    for epoch in range(5):
        seen.append(made.learning_rate())
        made.see(report(epoch))
    assert seen == pytest.approx([0.1, 0.1, 0.1, 0.01, 0.01])


def test_more_blocks_than_there_are_are_refused_before_the_first_epoch():
    settings = params(unfreeze=[{"after_epochs": 1, "blocks": 1}, {"after_epochs": 3, "blocks": 99}])
    with pytest.raises(ParamsError, match="has 2 blocks, .* received blocks: 99"):
        Learner(tiny.backbone("tiny", 3, shape=(8, 8, 1), mean=80.0, std=50.0), settings, Single("auto"))


def test_a_plateau_ends_where_a_step_begins():
    schedule = {"name": "plateau", "patience": 1, "factor": 0.5}
    made = course([1.0, 1.0, 1.0], **{**tiny.IN_STEPS, "schedule": schedule, "epochs": 99})
    assert made.learning_rate() == pytest.approx(0.1 * 0.1)
    for epoch in (3, 4):
        made.see(report(epoch))
    assert made.learning_rate() == pytest.approx(0.1 * 0.1 * 0.5)


def test_a_standstill_ends_nothing_before_the_last_step_has_had_its_patience():
    stopping = {"early_stopping": {"monitor": "val_loss", "patience": 2}, "network": tiny.IN_STEPS["network"]}
    still = [1.0] * 9
    lengths = [len(still[:count]) for count in range(1, 9) if course(still[:count], unfreeze=STEPS, **stopping).ended]
    assert lengths[0] == 3 + 2
    made = course([1.0, 0.5, 0.9, 0.9, 0.9], unfreeze=STEPS, **stopping)
    assert (made.ended, made.best_epoch) == (True, 1)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ({"network": {"name": "vgg_small"}, "unfreeze": []}, "train.unfreeze: vgg_small has no backbone to unfreeze"),
        (
            {"unfreeze": [{"after_epochs": 3}, {"after_epochs": 3}]},
            "train.unfreeze: each step must begin after the one before it",
        ),
        (
            {"unfreeze": [{"after_epochs": 3}, {"after_epochs": 5, "blocks": 2}]},
            "train.unfreeze: a step cannot have fewer blocks learn than the one before it",
        ),
        (
            {"network": tiny.IN_STEPS["network"], "unfreeze": [{"after_epochs": 8}], "epochs": 8},
            "train: unfreeze has a step after 8 epochs, which never begins: epochs is 8",
        ),
        ({"unfreeze": [{"after_epochs": 1, "layers": 2}]}, "unknown key; known here: after_epochs, blocks, factor"),
    ],
)
def test_steps_that_mean_nothing_are_refused(train, message):
    with pytest.raises(ParamsError, match=message):
        parse_params({"train": {"network": {"name": "backbone"}, **train}})


def test_steps_are_read_from_a_file_with_the_line_of_a_fault(tmp_path):
    from mien.params import load_params

    text = "train:\n  network:\n    name: backbone\n  unfreeze:\n  - after_epochs: 2\n    blocks: {}\n"
    path = tmp_path / "params.yaml"
    path.write_text(text.format("null"))
    assert load_params(path).train.unfreeze[0].blocks is None
    path.write_text(text.format(0))
    with pytest.raises(ParamsError, match=r"params.yaml:6: train.unfreeze.0.blocks: .* Received: 0"):
        load_params(path)


def test_the_stock_settings_unfreeze_nothing():
    assert TrainParams().unfreeze is None
