"""Two processes of this machine learn as one, found by TF_CONFIG."""

import json

import numpy as np
import pytest

from tests.training import killing, several, tiny, together

pytestmark = pytest.mark.slow


def ended(process):
    process.join(120)
    assert process.exitcode is not None, "it hangs"
    return process.exitcode


def result(folder, name):
    return json.loads((folder / f"{name}.json").read_text())


def both(folder, params, die=(None, None)):
    """Run chief and worker; what each has left."""
    members = together.addresses()
    processes = [together.start(folder, members, index, params, die[index]) for index in range(2)]
    codes = [ended(process) for process in processes]
    return [result(folder, index) if code == 0 else code for index, code in enumerate(codes)]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return both(tmp_path_factory.mktemp("uninterrupted"), tiny.EVERYTHING)


def test_two_processes_learn_what_one_does_from_other_halves_of_each_batch(tmp_path):
    chief, worker = both(tmp_path, several.NO_CHANCE)
    assert ended(killing.start(together.alone, tmp_path, several.NO_CHANCE)) == 0
    alone = result(tmp_path, "alone")
    assert np.allclose(chief["history"], alone["history"], atol=1e-5)
    assert chief["history"] == worker["history"]
    with np.load(tmp_path / "0.npz") as first, np.load(tmp_path / "alone.npz") as second:
        for name in second.files:
            np.testing.assert_allclose(first[name], second[name], atol=1e-5)
    batches = [reads["read"][2:] for reads in (chief, worker, alone)]  # after the two that measure all
    for ours, others, whole in zip(*batches, strict=True):
        even = len(whole) % 2 == 0
        assert sorted(ours + others) == (whole if even else sorted(2 * whole))
        assert even == (not set(ours) & set(others))


def test_the_chief_alone_writes(uninterrupted, tmp_path):
    chief, worker = both(tmp_path, {"epochs": 1})
    assert "weights" in chief
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["0"]
    assert chief["told"][0].startswith("chief 0 (127.0.0.1:")
    assert "learning on 2 devices of 2 processes, as worker 1" in worker["told"][1]


@pytest.mark.parametrize("dying", [0, 1])
def test_killed_in_the_middle_the_other_says_so_and_both_go_on_and_end_the_same(dying, tmp_path, uninterrupted):
    died = both(tmp_path, tiny.EVERYTHING, die=[7 if index == dying else None for index in range(2)])  # third epoch
    assert died[dying] == -9
    assert "has lost another one of the 2 that learn together" in died[1 - dying]["error"]
    chief, worker = both(tmp_path, tiny.EVERYTHING)
    assert (chief["resumed_after"], worker["resumed_after"]) == (2, 2)
    assert chief["weights"] == worker["weights"] == uninterrupted[0]["weights"]


@pytest.mark.parametrize(("index", "missing"), [(0, "worker 1"), (1, "chief 0")])
def test_who_waits_in_vain_says_for_whom(index, missing, tmp_path):
    assert ended(together.start(tmp_path, together.addresses(), index, {}, wait=1.0)) == 0
    assert f"{missing} (127.0.0.1:" in result(tmp_path, index)["error"]
    assert "did not come within 1 s" in result(tmp_path, index)["error"]


def test_who_would_learn_something_else_is_told_in_what(tmp_path):
    members = together.addresses()
    processes = [together.start(tmp_path, members, index, {"batch_size": 32 + 16 * index}) for index in range(2)]
    assert [ended(process) for process in processes] == [0, 0]
    for index in range(2):
        error = result(tmp_path, index)["error"]
        assert "worker 1" in error
        assert "train.batch_size (48 there, 32 here)" in error
