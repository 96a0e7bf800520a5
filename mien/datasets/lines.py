"""Lines of a text of any size in bounded memory, in blocks that one thread can parse at once."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

BLOCK_BYTES = 2 << 20
"""Bytes read at once; parsing them is work enough for a thread, and worth a file of its own when it is done."""

BLOCK_LINES = 1024
"""Most lines of a block, so that a file of very short lines makes no huge one."""

MAX_LINE = 1 << 16
"""Bytes of the longest line that is read whole; a row of FER2013 has at most 9,230."""


@dataclass(frozen=True)
class Block:
    """Lines without their ends; blank ones are left out. `numbers` are their 1-based numbers in the text.

    `cut` says that the text ends without a newline behind the last line.
    """

    numbers: list[int]
    lines: list[bytes]
    cut: bool = False


def blocks(stream: BinaryIO, most: int = BLOCK_LINES) -> Iterator[Block]:
    """Cut `stream` into blocks of at most `most` whole lines.

    Of a line longer than `MAX_LINE` only the first `MAX_LINE` + 1 bytes come, whatever its length is: the one who
    parses it sees that it is too long, and memory stays bounded.
    """
    number = 1
    for body in _bodies(stream):
        if body.strip():
            lines = body.removesuffix(b"\n").split(b"\n")
            yield from _blocks_of(lines, number, not body.endswith(b"\n"), most)
        number += body.count(b"\n")


def _blocks_of(lines: list[bytes], number: int, cut: bool, most: int) -> Iterator[Block]:
    for start in range(0, len(lines), most):
        part = lines[start : start + most]
        kept = [(number + start + at, line[: MAX_LINE + 1]) for at, line in enumerate(part) if line.strip()]
        if kept:
            numbers, texts = zip(*kept, strict=True)
            yield Block(list(numbers), list(texts), cut)


def _bodies(stream: BinaryIO) -> Iterator[bytes]:
    """Pieces that end at a line's end; what stands behind the last newline comes alone."""
    carry, skipping = b"", False
    while chunk := stream.read(BLOCK_BYTES):
        if skipping:
            end = chunk.find(b"\n")
            if end < 0:
                continue
            chunk, skipping = chunk[end:], False
        data = carry + chunk
        end = data.rfind(b"\n") + 1
        carry = data[end:]
        if len(carry) > MAX_LINE:
            carry, skipping = carry[: MAX_LINE + 1], True
        if end:
            yield data[:end]
    if carry:
        yield carry


def cells(line: bytes) -> list[bytes]:
    """The fields of one CSV line, without quotes and surrounding blanks. A field never goes on in the next line.

    Raises:
        csv.Error: a quote is not closed, or stands where none may stand.
    """
    fields = [field.strip() for field in line.split(b",")]
    if b'"' not in line:
        return fields
    bare = [field[1:-1] if field[:1] == b'"' == field[-1:] and len(field) > 1 else field for field in fields]
    if not any(b'"' in field for field in bare):
        return [field.strip() for field in bare]
    reader = csv.reader([line.decode("latin-1").strip()], skipinitialspace=True, strict=True)
    return [field.strip().encode("latin-1") for field in next(reader)]
