"""The stage `train` as the chief of two processes, each in a project folder of its own: two machines."""

import os

import pytest

from mien import networks
from mien.predictor import Predictor
from tasks.train import train_and_write
from tasks.train_worker import work
from tests.tasks import trained
from tests.training import killing, tiny, together

pytestmark = pytest.mark.slow

PARAMS = {"strategy": "multi_worker", "optimizer": {"learning_rate": 0.03}, "affect": {}}


def run(program, root, members, index):
    os.environ["TF_CONFIG"] = together.config(members, index)
    os.chdir(root)
    networks.NETWORKS = {"blog_cnn": trained.Tiny}
    program(tiny.params(**PARAMS))


def files(root):
    return sorted(path.name for path in (root / "build/train").iterdir())


def test_the_chief_leaves_the_outputs_and_the_worker_nothing(tmp_path):
    members, roots = together.addresses(), [tmp_path / "chief", tmp_path / "worker"]
    for root in roots:
        trained.prepare(root)
    programs = (train_and_write, work)
    started = [killing.start(run, programs[index], roots[index], members, index) for index in range(2)]
    for process in started:
        process.join(120)
    assert [process.exitcode for process in started] == [0, 0]
    assert files(roots[0]) == ["checkpoints", "history.csv", "model.keras"]
    assert files(roots[1]) == []
    answers = Predictor.load(roots[0] / "build/train/model.keras").answer(tiny.drawn(90, 1)[0])
    assert answers.probabilities.shape == (90, 3)
    assert answers.affect.shape == (90, 2)
