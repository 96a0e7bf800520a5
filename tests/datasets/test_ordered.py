import time

import pytest

from mien.datasets.ordered import ordered


def test_results_come_in_the_order_of_the_work():
    def slow_for_small(number):
        time.sleep(0.02 / (1 + number))
        return number * 10

    assert list(ordered(slow_for_small, range(20), workers=4)) == list(range(0, 200, 10))


def test_an_endless_source_is_taken_only_a_little_ahead():
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield len(taken)

    results = ordered(lambda number: number, endless(), workers=2)
    assert [next(results) for _ in range(3)] == [1, 2, 3]
    results.close()
    assert len(taken) <= 8


def test_an_error_in_a_thread_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(ordered(lambda number: 1 // number, [1, 0, 1]))
