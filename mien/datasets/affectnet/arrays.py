"""The small `.npy` files of the crops of 2021, read without ever unpickling anything."""

import math
import re
import sys

import numpy as np

from mien.datasets.affectnet import values
from mien.images import LANDMARKS, ImageError
from mien.reasons import Reason

MAX_BYTES = 1 << 14
"""Of such a file; 136 numbers of eight bytes and a header need 1,216."""

WIDEST = 256
"""Bytes of one value, a text of 64 letters."""

HEADER = re.compile(
    rb"\x93NUMPY[\1-\3]\0.{2}(?:.{2})?\s*\{\s*'descr':\s*'(?P<kind>[<>|=]?(?:[iu][1248]|f[248]|[US][1-9][0-9]{0,3}|O[0-9]?))'\s*,"
    rb"\s*'fortran_order':\s*(?:True|False)\s*,\s*'shape':\s*\((?P<shape>[0-9, ]{0,40})\)\s*,?\s*\}\s*?\n",
    re.DOTALL,
)
"""As NumPy writes it (numpy.lib.format), of text, real numbers or objects. Its own reader evaluates any Python literal
and makes an array of any size that the header claims."""

NUMBERS = re.compile(rb"[0-9]+")


def expression(data: bytes) -> int:
    """The code in `<N>_exp.npy`: text or a number, of no dimension or one."""
    value = _scalar(data)
    return values.expression(value if isinstance(value, bytes) else _whole(value))


def affect(data: bytes, name: str) -> float:
    """The value in `<N>_val.npy` or `<N>_aro.npy`; not a number for -2."""
    value = _scalar(data)
    return values.affect(value, name) if isinstance(value, bytes) else values.in_range(value, name)


def landmarks(data: bytes) -> np.ndarray:
    """The landmarks in `<N>_lnd.npy`, float32 (68, 2)."""
    try:
        numbers = _array(data, 2 * LANDMARKS).astype(np.float64)
    except ValueError as error:
        raise ImageError(Reason.BAD_ROW, f"landmarks: {error}") from error
    return values.points(numbers)


def _whole(value: float) -> bytes:
    return str(int(value) if math.isfinite(value) and value == int(value) else value).encode()


def _scalar(data: bytes) -> bytes | float:
    value = _array(data, 1)[0]
    if isinstance(value, bytes):
        return value.strip()
    return str(value).strip().encode("utf-8", "replace") if isinstance(value, str) else float(value)


def _array(data: bytes, count: int) -> np.ndarray:
    """`count` texts or real numbers, (count,); nothing is made before the header is known to mean just that."""
    found = HEADER.match(data)
    if found is None:
        raise ImageError(Reason.BAD_ROW, "no .npy, or one of something else than text or numbers")
    kind, shape = found["kind"].decode("ascii"), tuple(int(size) for size in NUMBERS.findall(found["shape"]))
    if "O" in kind:
        raise ImageError(Reason.BAD_ROW, "a pickled .npy, which could run a program when it is read; never unpickled")
    if math.prod(shape) != count:
        raise ImageError(Reason.BAD_ROW, f".npy of the shape {shape}; must hold {count} value{'s' * (count > 1)}")
    dtype, content = np.dtype(kind), data[found.end() :]
    if dtype.itemsize > WIDEST or len(content) != count * dtype.itemsize:
        raise ImageError(
            Reason.BAD_ROW, f".npy with {len(content):,} bytes behind its header; {count} of {dtype} expected"
        )
    if (
        dtype.kind == "U"
        and np.frombuffer(content, np.dtype("u4").newbyteorder(dtype.byteorder)).max() > sys.maxunicode
    ):
        raise ImageError(Reason.BAD_ROW, ".npy of a text with what is no letter of Unicode")
    return np.frombuffer(content, dtype)
