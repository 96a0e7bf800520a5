import numpy as np
import pandas as pd
import pytest

from mien.datasets import growing, writer
from mien.datasets.batch import Batch, Refusal, Row
from mien.datasets.piece import Piece
from mien.datasets.table import COLUMNS, FACES, LANDMARKS, REFUSED, REFUSED_COLUMNS
from mien.datasets.writer import write
from mien.errors import DataError
from mien.reasons import Reason
from tests.datasets import fakes


def row(number):
    return Row(f"{number:08d}", "a.csv", number + 2, "Training", "fer2013", 3, "happy", "ab" * 32, 48, 48)


def refusal(line=3):
    return Refusal("a.csv", line, Reason.BAD_ROW, "2 fields; the header has 3", "1,2")


def join(folder, *batches):
    return write(folder, map(Piece.of, batches), (48, 48))


def test_the_tables_have_the_columns_and_types_of_the_contract(tmp_path):
    written = join(tmp_path, Batch(fakes.faces(2), [row(0), row(2)], [refusal()]), Batch(fakes.faces(1), [row(3)]))
    table, refused = pd.read_parquet(tmp_path / FACES), pd.read_parquet(tmp_path / REFUSED)
    assert tuple(table.columns) == COLUMNS
    assert tuple(refused.columns) == REFUSED_COLUMNS
    assert table["face"].tolist() == [0, 1, 2]
    whole = ("face", "line", "width", "height", "box_x", "box_y", "box_width", "box_height")
    types = dict.fromkeys(whole, "int32") | {"code": "int16", "valence": "float32", "arousal": "float32"}
    assert {name: str(table[name].dtype) for name in types} == types
    assert all(pd.api.types.is_string_dtype(table[name]) for name in COLUMNS if name not in types)
    assert table[["valence", "arousal"]].isna().all(axis=None)
    assert (table[["box_x", "box_y", "box_width", "box_height"]] == -1).all(axis=None)
    assert refused.iloc[0].tolist() == ["a.csv", 3, "bad_row", "2 fields; the header has 3", "1,2"]
    assert written.counts() == {"read": 4, "accepted": 3, "refused": 1, "reasons": {"bad_row": 1}}


def test_without_rows_there_are_empty_tables_and_an_empty_array(tmp_path):
    written = join(tmp_path)
    assert np.load(tmp_path / "images.npy").shape == (0, 48, 48)
    assert np.load(tmp_path / LANDMARKS).shape == (0, 68, 2)
    assert len(pd.read_parquet(tmp_path / FACES)) == len(pd.read_parquet(tmp_path / REFUSED)) == 0
    assert "no face could be read" in written.problem(1.0)


def test_faces_without_landmarks_have_none_beside_those_that_have_them(tmp_path):
    points = np.arange(2 * 68 * 2, dtype=np.float32).reshape(2, 68, 2)
    batches = [
        Batch(fakes.faces(2), [row(2 * at), row(2 * at + 1)], landmarks=found)
        for at, found in enumerate([None, points, None])
    ]
    join(tmp_path, *batches)
    landmarks = np.load(tmp_path / LANDMARKS)
    assert (landmarks.shape, landmarks.dtype) == ((6, 68, 2), np.float32)
    assert np.array_equal(landmarks[2:4], points)
    assert np.isnan(landmarks[[0, 1, 4, 5]]).all()


def test_landmarks_that_begin_far_behind_are_filled_up_before_them(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "SHARD_ROWS", 2)
    points = np.ones((1, 68, 2), np.float32)
    many = Batch(fakes.faces(7), [row(at) for at in range(7)])
    join(tmp_path, many, Batch(fakes.faces(1), [row(7)], landmarks=points))
    landmarks = np.load(tmp_path / LANDMARKS)
    assert np.isnan(landmarks[:7]).all()
    assert np.array_equal(landmarks[7:], points)


def test_a_table_written_in_many_groups_is_the_same_table(tmp_path, monkeypatch):
    monkeypatch.setattr(growing, "ROW_GROUP", 2)
    join(tmp_path, *(Batch(fakes.faces(1), [row(at)], [refusal(at)]) for at in range(5)))
    assert pd.read_parquet(tmp_path / FACES)["face"].tolist() == [0, 1, 2, 3, 4]
    assert pd.read_parquet(tmp_path / REFUSED)["line"].tolist() == [0, 1, 2, 3, 4]


def test_too_many_refused_rows_are_a_problem_that_names_counts_and_the_first_rows(tmp_path):
    refusals = [refusal(line) for line in range(2, 12)]
    written = join(tmp_path, Batch(fakes.faces(90), [row(at) for at in range(90)], refusals))
    assert written.problem(0.1) == ""
    problem = written.problem(0.09)
    assert "10 of 100 rows refused (10.00%; ingest.max_refused_share allows 9.00%): 10 bad_row" in problem
    assert "\n  - a.csv:2: bad_row, 2 fields; the header has 3" in problem
    assert problem.count("\n") == 5


def test_a_fault_of_the_source_is_a_problem_however_few_rows_are_refused(tmp_path):
    written = join(tmp_path, Batch(fakes.faces(1), [row(0)], [], "a.csv:9: truncated"))
    assert written.problem(1.0).startswith("a.csv:9: truncated")


def test_reading_ends_where_hardly_anything_is_a_face(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "MAX_REFUSED", 10)
    endless = iter(lambda: Batch(fakes.faces(0), [], [refusal()]), None)
    written = write(tmp_path, map(Piece.of, endless), (48, 48))
    assert written.read == 11
    assert "reading ended after 10 refused rows" in written.problem(1.0)


def test_rows_out_of_order_or_twice_are_a_fault_of_the_reader_within_a_shard_and_between_two(tmp_path):
    for rows in ([row(1), row(0)], [row(1), row(1)]):
        with pytest.raises(DataError, match="sorted by sample_id"):
            join(tmp_path, Batch(fakes.faces(2), rows))
        with pytest.raises(DataError, match="sorted by sample_id"):
            join(tmp_path, *(Batch(fakes.faces(1), [one]) for one in rows))
    assert list(tmp_path.iterdir()) == []
