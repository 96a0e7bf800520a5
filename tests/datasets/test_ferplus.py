import numpy as np
import pandas as pd
import pytest

from mien.datasets import fer2013, ferplus
from mien.datasets.piece import Piece
from mien.datasets.table import FACES
from mien.datasets.writer import write
from mien.errors import DataError
from mien.labels import FERPLUS_VOTES
from mien.params.preparation import Preparation
from tests.datasets import fakes

COUNT = 42


def ingest(folder, rows):
    path = fakes.write_csv(folder / "fer2013.csv", rows)
    reader = fer2013.open_csv(folder, path.name, Preparation())
    return write(folder, (Piece.of(reader.read(shard)) for shard in reader.shards()), (48, 48))


def join(folder, votes, rows=None):
    written = ingest(folder, fakes.lines(fakes.faces(COUNT)) if rows is None else rows)
    path = fakes.write_csv(folder / "fer2013new.csv", votes, fakes.FERPLUS_HEADER)
    return ferplus.join(pd.read_parquet(folder / FACES), written.read, path, path.name)


def test_votes_are_joined_by_position(tmp_path):
    table, agreement = join(tmp_path, fakes.votes(COUNT))
    assert [f"votes_{name}" for name in FERPLUS_VOTES] == list(table.columns[-10:])
    assert agreement == 1.0
    assert str(table["votes_anger"].dtype) == "uint8"
    assert table["votes_anger"].tolist() == [9 if row % 7 == 0 else 0 for row in range(COUNT)]


def test_neither_empty_repeated_nor_lagging_names_disturb_the_join(tmp_path):
    votes = fakes.votes(COUNT)
    votes[3] = votes[3].replace("fer0000003.png", "")
    votes[9] = votes[9].replace("fer0000009.png", "fer0000008.png")
    assert join(tmp_path, votes)[1] == 1.0


def test_a_row_with_nine_votes_is_taken(tmp_path):
    votes = fakes.votes(COUNT)
    votes[0] = "Training,fer0000000.png,0,0,0,0,9,0,0,0,0,0"
    assert join(tmp_path, votes)[0]["votes_anger"][0] == 9


def test_refused_rows_count_as_positions(tmp_path):
    rows = fakes.lines(fakes.faces(COUNT))
    rows[5] = "9" + rows[5][1:]
    table, agreement = join(tmp_path, fakes.votes(COUNT), rows)
    assert len(table) == COUNT - 1
    assert agreement == 1.0


def test_a_row_that_is_not_a_face_agrees_with_nothing(tmp_path):
    votes = fakes.votes(COUNT)
    votes[0] = "Training,,0,0,0,0,0,0,0,0,0,10"
    assert join(tmp_path, votes)[1] == (COUNT - 1) / COUNT


def test_another_number_of_rows_is_refused(tmp_path):
    with pytest.raises(DataError, match="41 rows of FER.* for 42 rows of FER2013"):
        join(tmp_path, fakes.votes(COUNT)[:-1])


def test_another_usage_in_one_row_is_refused_with_its_line(tmp_path):
    votes = fakes.votes(COUNT)
    votes[20] = votes[20].replace("PublicTest", "Training")
    with pytest.raises(
        DataError, match=r"Usage differs in 1 rows, first for fer2013.csv:22: PublicTest there, Training"
    ):
        join(tmp_path, votes)


def test_votes_shifted_by_one_row_are_refused(tmp_path):
    tops = [fakes.TOP_VOTE[(row + 1) % 7] for row in range(COUNT)]
    with pytest.raises(DataError, match=r"agrees with FER2013's label in 0.0% of the rows; at least 50%"):
        join(tmp_path, [fakes.vote_row(row, COUNT, top) for row, top in enumerate(tops)])


def test_just_under_half_of_agreement_is_refused_and_half_is_taken(tmp_path):
    half = [fakes.vote_row(row, COUNT, "NF" if row % 2 else fakes.TOP_VOTE[row % 7]) for row in range(COUNT)]
    assert join(tmp_path, half)[1] == 0.5
    half[0] = fakes.vote_row(0, COUNT, "NF")
    with pytest.raises(DataError, match="agrees"):
        join(tmp_path, half)


@pytest.mark.parametrize(
    "bad",
    [
        "Test,x,0,0,0,0,9,0,0,0,1,0",
        "Training,x,0,0,0,0,11,0,0,0,0,0",
        "Training,x,0,0,0,0,0,0,0,0,0,0",
        "Training,x,0,0,0,-1,9,0,0,0,1,0",
        "Training,x,0,0,0,0.5,9,0,0,0,1,0",
        "Training,x,0,0",
        'Training,"x,0,0,0,0,9,0,0,0,1,0',
    ],
)
def test_a_bad_row_of_votes_is_an_error_with_its_line(tmp_path, bad):
    votes = fakes.votes(COUNT)
    votes[7] = bad
    with pytest.raises(DataError, match=r"fer2013new.csv:9: .*Received: "):
        join(tmp_path, votes)


def test_columns_in_another_order_are_found_by_name(tmp_path):
    names = ["NF", "Usage", *reversed(FERPLUS_VOTES[:-1])]
    path = fakes.write_csv(tmp_path / "a.csv", ["0,Training,0,0,0,0,10,0,0,0,0"], ",".join(names))
    votes, usages = ferplus.read(path, "a.csv")
    assert votes.tolist() == [[0, 0, 0, 0, 10, 0, 0, 0, 0, 0]]
    assert usages == ["Training"]
    assert votes.dtype == np.uint8
