import numpy as np
import pytest

from mien.errors import DataError
from mien.evaluation.held_out import image_ids, read_held_out, write_held_out
from mien.promotion import comparable
from tests.promotion.pairs import table


def images(*positions):
    return frozenset(f"{position:016x}" for position in positions)


def test_only_rows_that_both_were_judged_on_are_compared():
    test = table(np.zeros(10))
    known = {"version 1": images(*range(8)), "version 2": images(*range(2, 10))}
    rows, left_out = comparable(test, known, min_rows=1)
    assert rows["face"].tolist() == [2, 3, 4, 5, 6, 7]
    assert left_out == {"version 1": 2, "version 2": 2}


def test_too_few_rows_are_refused_and_the_message_says_of_which_model():
    known = {"version 1": images(1, 2), "version 2": images(*range(10))}
    with pytest.raises(DataError, match=r"8 were no test rows of version 1, 0 .* version 2. 2 are left.*min_rows"):
        comparable(table(np.zeros(10)), known, min_rows=3)


def test_rows_with_a_twin_in_training_do_not_count_as_rows_that_nobody_has_seen():
    test, known = table(np.zeros(10), twins=range(6)), {"version 1": images(*range(10))}
    assert len(comparable(test, known, min_rows=4)[0]) == 10
    with pytest.raises(DataError, match="10 are left, 4 of them clean"):
        comparable(test, known, min_rows=5)


def test_what_was_written_is_what_is_read_each_image_once(tmp_path):
    test = table(np.zeros(5)).assign(split="test")
    test.loc[4, "sha256"] = test.loc[0, "sha256"]
    write_held_out(tmp_path / "held_out.txt", test)
    lines = (tmp_path / "held_out.txt").read_text().splitlines()
    assert lines == [f"{number:016x}" for number in range(4)]
    assert read_held_out(lines) == set(image_ids(test))


def test_an_image_that_taught_or_chose_under_whatever_number_was_not_held_out(tmp_path):
    rows = table(np.zeros(7)).assign(split=["test"] * 4 + ["train", "validation", "train"])
    rows.loc[4, ["face", "sha256"]] = [1, rows["sha256"][1]]
    rows.loc[5, "sha256"] = rows["sha256"][2]
    write_held_out(tmp_path / "held_out.txt", rows)
    assert read_held_out((tmp_path / "held_out.txt").read_text().splitlines()) == images(0, 3)
