"""Reader of the copies of March 2021: crops of 224 x 224, and four small `.npy` files for each.

`train_set/images/<N>.jpg`, `train_set/annotations/<N>_{exp,val,aro,lnd}.npy`, and the same in `val_set`. N is not
contiguous, and starts again in `val_set`, so that only folder and N together name a face.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from mien.datasets.affectnet import arrays
from mien.datasets.affectnet.labelled import Labelled
from mien.datasets.affectnet.pairs import Half, PairsReader, annotation
from mien.datasets.opening import Root
from mien.images import ImageError
from mien.reasons import Reason

Value = TypeVar("Value")


@dataclass(frozen=True)
class CropsReader(PairsReader):
    """Reads the folders `train_set` and `val_set`. Only `_exp.npy` must be there; the crop is the face."""

    ending: str = field(default="_exp.npy", init=False)

    def _files(self, half: Half, name: str) -> list[str]:
        stem = name.rpartition(".")[0]
        return [
            half.within(f"images/{name}"),
            *(_annotation(half, stem, kind) for kind in ("exp", "val", "aro", "lnd")),
        ]

    def face(self, root: Root, half: Half, name: str) -> Labelled:
        """Read the four files of a crop; as `PairsReader.face`."""
        stem, picture = name.rpartition(".")[0], half.within(f"images/{name}")
        code = arrays.expression(annotation(root, _annotation(half, stem, "exp"), arrays.MAX_BYTES))
        valence = _value(root, _annotation(half, stem, "val"), partial(arrays.affect, name="valence"))
        arousal = _value(root, _annotation(half, stem, "aro"), partial(arrays.affect, name="arousal"))
        points = _value(root, _annotation(half, stem, "lnd"), arrays.landmarks)
        missing = math.nan
        return Labelled(picture, picture, half.usage, code, missing if valence is None else valence,
                        missing if arousal is None else arousal, None, points)  # fmt: skip


def _annotation(half: Half, stem: str, kind: str) -> str:
    return half.within(f"annotations/{stem}_{kind}.npy")


def _value(root: Root, name: str, parse: Callable[[bytes], Value]) -> Value | None:
    """What a file holds that may be missing."""
    try:
        data = root.read(name, arrays.MAX_BYTES)
    except ImageError as error:
        if error.reason is Reason.MISSING_FILE:
            return None
        raise
    return parse(data)
