"""The `pixels` field of FER2013: 2,304 decimal integers 0..255 between blanks, parsed many rows at once.

One pass over the bytes of some rows finds the blanks; the one to three bytes before each blank are its number. Nothing
wraps around, as it does in a cast to uint8: where anything is unusual the rows are parsed one by one, and a row that
cannot be parsed gets an exact reason.
"""

import re

import numpy as np

SIDE = 48
PIXELS = SIDE * SIDE
ZERO, BLANK = ord("0"), ord(" ")
GROUP = 4
"""Rows parsed at once. The arrays for them fit into a core's cache, and are small enough for the allocator to keep
their memory: with larger ones a third of the time goes into asking the system for pages and giving them back."""

INTEGER = re.compile(rb"-?[0-9]+")


def parse(fields: list[bytes]) -> tuple[np.ndarray, dict[int, str]]:
    """Parse the `pixels` fields of some rows.

    Returns:
        Faces (n, 48, 48) uint8 of the rows that are good, in their order, and what is wrong with each other row, by
        its position in `fields`.
    """
    faces = np.empty((len(fields), SIDE, SIDE), np.uint8)
    count = 0
    faults: dict[int, str] = {}
    for start in range(0, len(fields), GROUP):
        group = fields[start : start + GROUP]
        good = parse_strict(group)
        if good is None:
            good = _one_by_one(group, start, faults)
        faces[count : count + len(good)] = good
        count += len(good)
    return faces[:count], faults


def _one_by_one(fields: list[bytes], first: int, faults: dict[int, str]) -> np.ndarray:
    """Good faces (n, 48, 48) of some rows, blanks put in order; what is wrong with the others goes into `faults`."""
    good = [np.empty((0, SIDE, SIDE), np.uint8)]
    for at, field in enumerate(fields, first):
        tokens = field.split()
        face = parse_strict([b" ".join(tokens)])
        if face is None:
            faults[at] = fault(tokens)
        else:
            good.append(face)
    return np.concatenate(good)


def parse_strict(fields: list[bytes]) -> np.ndarray | None:
    """Faces (n, 48, 48) uint8 of rows that are written as they should be, else None.

    That is 2,304 numbers 0..255 of one to three digits in every field, with one blank between two of them.
    """
    text = np.frombuffer(b"  " + b" ".join(fields) + b" ", np.uint8)
    digits = text - np.uint8(ZERO)
    blanks = np.flatnonzero(text == BLANK)
    if not _shape_holds(fields, blanks) or np.count_nonzero(digits > 9) != blanks.size:
        return None
    lengths = np.diff(blanks[1:]) - 1
    if lengths.min() < 1 or lengths.max() > 3:
        return None
    values = _values(digits, blanks[2:], lengths.astype(np.uint8))
    if values.max() > 255:
        return None
    return values.astype(np.uint8).reshape(-1, SIDE, SIDE)


def _shape_holds(fields: list[bytes], blanks: np.ndarray) -> bool:
    """Whether each field has as many blanks as it must have; two stand before the first field."""
    if not fields or blanks.size != len(fields) * PIXELS + 2:
        return False
    ends = np.cumsum([len(field) + 1 for field in fields]) + 1
    return bool(np.array_equal(blanks[PIXELS + 1 :: PIXELS], ends))


def _values(digits: np.ndarray, ends: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Numbers (n,) uint16 that stand before the positions `ends` and have one to three digits."""
    at = ends - 1
    values: np.ndarray = digits.take(at).astype(np.uint16)
    for power, least in ((10, 2), (100, 3)):
        at -= 1
        values += digits.take(at) * (lengths >= least) * np.uint16(power)
    return values


def fault(tokens: list[bytes]) -> str:
    """What is wrong with the numbers of a row that `parse_strict` did not take."""
    count = f"{len(tokens):,} pixels; must be {PIXELS:,} ({SIDE}x{SIDE})"
    if b"".join(tokens).isdigit() and max(map(len, tokens)) <= 3 and max(map(int, tokens)) <= 255:
        return count
    for at, token in enumerate(tokens):
        if INTEGER.fullmatch(token) is None:
            return f"pixel {at} is {_shown(token)}, not an integer"
        if len(token) > 3 or int(token) > 255 or int(token) < 0:
            return f"pixel {at} is {_shown(token)}; must be 0..255"
    return count


def _shown(token: bytes) -> str:
    return repr(token[:16].decode("utf-8", "replace"))
