import csv
import io

import pytest

from mien.datasets.lines import BLOCK_BYTES, BLOCK_LINES, MAX_LINE, blocks, cells


def read(text: bytes):
    found = list(blocks(io.BytesIO(text)))
    return [(number, line) for block in found for number, line in zip(block.numbers, block.lines, strict=True)]


def test_lines_keep_their_numbers_and_blank_ones_are_left_out():
    assert read(b"a\n\n  \nb\r\nc") == [(1, b"a"), (4, b"b\r"), (5, b"c")]


@pytest.mark.parametrize(("text", "cut"), [(b"a\nb", True), (b"a\nb\n", False), (b"a\nb\n\n", False)])
def test_the_last_block_tells_whether_the_text_ends_within_a_line(text, cut):
    assert list(blocks(io.BytesIO(text)))[-1].cut is cut


def test_lines_across_reads_are_whole():
    lines = [b"x" * 8000 + b"%d" % number for number in range(300)]
    assert [line for _, line in read(b"\n".join(lines))] == lines


def test_only_the_start_of_a_too_long_line_is_kept_and_the_next_line_is_found():
    text = b"a\n" + b"b" * (3 * BLOCK_BYTES) + b"\nc\n" + b"d" * (MAX_LINE + 9) + b"\ne"
    assert [(number, len(line)) for number, line in read(text)] == [
        (1, 1),
        (2, MAX_LINE + 1),
        (3, 1),
        (4, MAX_LINE + 1),
        (5, 1),
    ]


def test_many_short_lines_come_in_small_blocks():
    found = list(blocks(io.BytesIO(b"1\n" * 5000)))
    assert max(len(block.lines) for block in found) == BLOCK_LINES
    assert [number for block in found for number in block.numbers] == list(range(1, 5001))


def test_of_many_blocks_only_the_last_one_can_be_cut():
    cuts = [block.cut for block in blocks(io.BytesIO(b"1\n" * 3000 + b"1"))]
    assert cuts == [False, False, False, True]


def test_numbers_go_on_behind_megabytes_of_blank_lines():
    assert read(b"a\n" + b"\n" * (2 * BLOCK_BYTES) + b"b\n")[-1] == (2 * BLOCK_BYTES + 2, b"b")


@pytest.mark.parametrize(
    "line",
    [b"0,70 80,Training", b" 0 , 70 80 ,Training\r", b'0,"70 80",Training', b'"0", "70 80 " ,"Training"'],
)
def test_quotes_and_blanks_around_fields_do_not_matter(line):
    assert cells(line) == [b"0", b"70 80", b"Training"]


def test_a_comma_within_quotes_is_no_border():
    assert cells(b'0,"a, ""b""",Training') == [b"0", b'a, "b"', b"Training"]


def test_a_quote_that_is_not_closed_is_an_error():
    with pytest.raises(csv.Error):
        cells(b'0,"70 80,Training')
