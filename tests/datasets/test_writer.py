import numpy as np
import pandas as pd
import pytest

from mien.datasets import writer
from mien.datasets.batch import Batch, Refusal, Row
from mien.datasets.table import COLUMNS, REFUSED_COLUMNS
from mien.datasets.writer import growing_array, write_images
from mien.errors import DataError
from mien.reasons import Reason
from tests.datasets import fakes


def row(number):
    return Row(f"{number:08d}", "a.csv", number + 2, "Training", "fer2013", 3, "happy", "ab" * 32, 48, 48)


def refusal(line=3):
    return Refusal("a.csv", line, Reason.BAD_ROW, "2 fields; the header has 3", "1,2")


def test_an_array_grows_to_a_file_that_numpy_reads(tmp_path):
    images = fakes.faces(1000, size=4)
    with growing_array(tmp_path / "images.npy", (4, 4)) as append:
        for start in range(0, 1000, 7):
            append(images[start : start + 7])
    assert np.array_equal(np.load(tmp_path / "images.npy", mmap_mode="r"), images)
    np.save(tmp_path / "plain.npy", images)
    assert (tmp_path / "images.npy").read_bytes() == (tmp_path / "plain.npy").read_bytes()


def test_the_array_appears_only_when_complete(tmp_path):
    def interrupted():
        with growing_array(tmp_path / "images.npy", (4, 4)) as append:
            append(fakes.faces(3, size=4))
            assert not (tmp_path / "images.npy").exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_images_of_another_shape_or_type_are_not_written(tmp_path):
    with growing_array(tmp_path / "images.npy", (4, 4)) as append:
        for wrong in (fakes.faces(1, size=5), fakes.faces(1, size=4).astype(float)):
            with pytest.raises(ValueError, match="images must be uint8"):
                append(wrong)


def test_the_tables_have_the_columns_and_types_of_the_contract(tmp_path):
    batches = [Batch(fakes.faces(2), [row(0), row(2)], [refusal()]), Batch(fakes.faces(1), [row(3)])]
    written = write_images(tmp_path, batches, 48)
    table, refused = written.table(), written.refused()
    assert tuple(table.columns) == COLUMNS
    assert tuple(refused.columns) == REFUSED_COLUMNS
    assert table["face"].tolist() == [0, 1, 2]
    types = {"face": "int32", "line": "int32", "code": "int16", "width": "int32", "height": "int32"}
    assert {name: str(table[name].dtype) for name in types} == types
    assert all(pd.api.types.is_string_dtype(table[name]) for name in COLUMNS if name not in types)
    assert refused.iloc[0].tolist() == ["a.csv", 3, "bad_row", "2 fields; the header has 3", "1,2"]
    assert written.counts() == {"read": 4, "accepted": 3, "refused": 1, "reasons": {"bad_row": 1}}


def test_without_rows_there_are_empty_tables_and_an_empty_array(tmp_path):
    written = write_images(tmp_path, [], 48)
    assert np.load(tmp_path / "images.npy").shape == (0, 48, 48)
    assert len(written.table()) == len(written.refused()) == 0
    assert "no face could be read" in written.problem(1.0)


def test_too_many_refused_rows_are_a_problem_that_names_counts_and_the_first_rows(tmp_path):
    refusals = [refusal(line) for line in range(2, 12)]
    written = write_images(tmp_path, [Batch(fakes.faces(90), [row(at) for at in range(90)], refusals)], 48)
    assert written.problem(0.1) == ""
    problem = written.problem(0.09)
    assert "10 of 100 rows refused (10.00%; ingest.max_refused_share allows 9.00%): 10 bad_row" in problem
    assert "\n  - a.csv:2: bad_row, 2 fields; the header has 3" in problem
    assert problem.count("\n") == 5


def test_a_fault_of_the_source_is_a_problem_however_few_rows_are_refused(tmp_path):
    written = write_images(tmp_path, [Batch(fakes.faces(1), [row(0)], [], "a.csv:9: truncated")], 48)
    assert written.problem(1.0).startswith("a.csv:9: truncated")


def test_reading_ends_where_hardly_anything_is_a_face(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "MAX_REFUSED", 10)
    endless = iter(lambda: Batch(fakes.faces(0), [], [refusal()]), None)
    written = write_images(tmp_path, endless, 48)
    assert written.read == 11
    assert "reading ended after 10 refused rows" in written.problem(1.0)


def test_rows_out_of_order_or_twice_are_a_fault_of_the_reader(tmp_path):
    for rows in ([row(1), row(0)], [row(1), row(1)]):
        with pytest.raises(DataError, match="sorted by sample_id"):
            write_images(tmp_path, [Batch(fakes.faces(2), rows)], 48).table()
