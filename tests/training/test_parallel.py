import numpy as np
import pytest

from mien.training.parallel import Single
from mien.training.strategy import choose
from tests.training import tiny


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_one_device_is_nothing_to_tell_of(device):
    told = []
    chosen = choose(tiny.params(device=device), told.append)
    assert (chosen.count, told) == (1, [])


@pytest.mark.parametrize(("size", "shared"), [(6, [0, 1, 2, 3, 4, 5]), (4, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])])
def test_a_batch_that_three_devices_cannot_share_is_given_to_each(size, shared):
    three = Single("auto")
    three.count = 3
    assert three.share(np.arange(size)).tolist() == shared
