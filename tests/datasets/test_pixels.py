import numpy as np
import pytest

from mien.datasets.pixels import parse, parse_strict
from tests.datasets import fakes


def fields(images):
    return [fakes.pixels(face).encode() for face in images]


def test_every_value_from_0_to_255_is_read():
    face = np.resize(np.arange(256, dtype=np.uint8), (48, 48))
    parsed, faults = parse(fields([face]))
    assert faults == {}
    assert np.array_equal(parsed, [face])
    assert parsed.dtype == np.uint8


def test_many_rows_at_once_come_back_in_order():
    images = fakes.faces(50)
    parsed = parse_strict(fields(images))
    assert parsed is not None
    assert np.array_equal(parsed, images)


def test_no_rows_give_no_faces():
    parsed, faults = parse([])
    assert parsed.shape == (0, 48, 48)
    assert faults == {}


def test_repeated_leading_and_trailing_blanks_do_not_matter():
    face = fakes.faces(1)[0]
    field = b"  " + b"   ".join(fakes.pixels(face).encode().split()) + b"  "
    parsed, faults = parse([field])
    assert faults == {}
    assert np.array_equal(parsed, [face])


def replaced(at, token):
    tokens = fakes.pixels(fakes.faces(1)[0]).split()
    tokens[at : at + 1] = token
    return " ".join(tokens).encode()


BAD = {
    "256": (replaced(5, ["256"]), "pixel 5 is '256'; must be 0..255"),
    "wraps around to a byte": (replaced(0, ["511"]), "pixel 0 is '511'; must be 0..255"),
    "four digits": (replaced(3, ["1000"]), "pixel 3 is '1000'; must be 0..255"),
    "260 digits": (replaced(3, ["1" * 260]), "pixel 3 is '1111111111111111'; must be 0..255"),
    "negative": (replaced(2303, ["-1"]), "pixel 2303 is '-1'; must be 0..255"),
    "exponent": (replaced(1, ["1e3"]), "pixel 1 is '1e3', not an integer"),
    "float": (replaced(1, ["12.0"]), "pixel 1 is '12.0', not an integer"),
    "NaN": (replaced(1, ["NaN"]), "pixel 1 is 'NaN', not an integer"),
    "word": (replaced(7, ["abc"]), "pixel 7 is 'abc', not an integer"),
    "NUL byte": (replaced(7, ["1\x002"]), "pixel 7 is '1\\x002', not an integer"),
    "foreign digit": (replaced(7, ["٣"]), "pixel 7 is '٣', not an integer"),
    "2303": (replaced(0, []), "2,303 pixels; must be 2,304 (48x48)"),
    "2305": (replaced(0, ["1", "2"]), "2,305 pixels; must be 2,304 (48x48)"),
    "2303 and a blank too many": (replaced(1, [""]), "2,303 pixels; must be 2,304 (48x48)"),
    "empty": (b"", "0 pixels; must be 2,304 (48x48)"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_gets_its_reason_and_the_good_ones_beside_it_are_kept(name):
    bad, why = BAD[name]
    good = fakes.faces(3, seed=1)
    before, *after = fields(good)
    parsed, faults = parse([before, bad, *after])
    assert faults == {1: why}
    assert np.array_equal(parsed, good)


def test_one_pixel_too_few_and_one_too_many_do_not_balance():
    parsed, faults = parse([replaced(0, []), replaced(0, ["1", "2"])])
    assert len(parsed) == 0
    assert sorted(faults) == [0, 1]


def test_fast_parser_takes_only_what_python_reads_the_same_way():
    random = np.random.default_rng(7)
    good = fields(fakes.faces(4, seed=2))
    alphabet = np.frombuffer(b"0123456789 -.,e\0\t\xff", np.uint8)
    for _ in range(300):
        raw = bytearray(good[random.integers(4)])
        for at in random.integers(0, len(raw), random.integers(1, 4)):
            raw[at] = random.choice(alphabet)
        parsed = parse_strict([good[0], bytes(raw)])
        tokens = bytes(raw).split(b" ")
        readable = len(tokens) == 2304 and all(token.isdigit() and len(token) <= 3 for token in tokens)
        values = [int(token) for token in tokens] if readable else [256]
        assert (parsed is not None) == (max(values) < 256)
        if parsed is not None:
            assert parsed[1].ravel().tolist() == values
