"""Emotions, label spaces and class policies. Imports the standard library only.

A label space says what the integer codes of a source mean; they differ between sources (0 is angry in FER2013
and neutral in AffectNet), so nothing here ever guesses one from the digits that it sees.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The seven emotions in the order of FER2013's codes; every list of classes keeps this order."""

DIMENSIONS = ("valence", "arousal")
"""Of affect, each -1 to 1, as AffectNet has them; columns of the table of faces."""

USAGES = ("Training", "PublicTest", "PrivateTest")
"""The official split of every source, in FER2013's words: to learn from, to choose by, to be judged on once."""


@dataclass(frozen=True)
class LabelSpace:
    """What the integer codes of one source mean."""

    name: str
    codes: Mapping[int, str]

    def label(self, code: int) -> str:
        """Name of `code`. Raises KeyError outside the space."""
        return self.codes[code]


def _space(name: str, labels: Iterable[str]) -> LabelSpace:
    return LabelSpace(name, MappingProxyType(dict(enumerate(labels))))


FER2013 = _space("fer2013", EMOTIONS)
AFFECTNET = _space(
    "affectnet",
    (
        "neutral",
        "happy",
        "sad",
        "surprise",
        "fear",
        "disgust",
        "angry",
        "contempt",
        "none",
        "uncertain",
        "no-face",
    ),
)
LABEL_SPACES: Mapping[str, LabelSpace] = MappingProxyType({space.name: space for space in (FER2013, AFFECTNET)})

NO_FACE = "no-face"
NON_EMOTIONS = ("none", "uncertain", NO_FACE)
"""AffectNet's labels that name no emotion: what they are not is neutral. `contempt` is an emotion, FER2013 lacks it."""

FERPLUS_VOTES = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)
"""FER+'s ten columns of votes, in the order of its file (microsoft/FERPlus, fer2013new.csv)."""

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "anger": "angry",
        "happiness": "happy",
        "sadness": "sad",
        "surprised": "surprise",
        "fearful": "fear",
        "disgusted": "disgust",
        **{emotion: emotion for emotion in (*EMOTIONS, "contempt")},
    }
)
"""Spellings of class names met in folders and files (lower case) and the name used here."""


@dataclass(frozen=True)
class ClassMap:
    """The outcome of a class policy: `classes` in order, and for each label its class or None when it is left out."""

    classes: tuple[str, ...]
    of: Mapping[str, str | None]

    def index(self, label: str) -> int | None:
        """Position of the class of `label` in `classes`, None when the policy leaves it out."""
        target = self.of[label]
        return None if target is None else self.classes.index(target)


def class_map(
    counts: Mapping[str, int],
    drop: Iterable[str] = (),
    merge: Mapping[str, str] = MappingProxyType({}),
    top_k: int | None = None,
) -> ClassMap:
    """Decide which labels become which classes: merge first, then drop, then keep the `top_k` largest.

    Args:
        counts: number of faces of each label before the policy; labels without a face are left out.
        drop: classes to leave out (blog_cnn's post drops disgust); that there are none of one is no fault.
        merge: label -> class that takes it in (mememoji's project merges disgust into angry).
        top_k: keep only so many of the largest classes (deep_cnn's notebook keeps three); ties go to the earlier one.

    Raises:
        ValueError: `drop` or `merge` names what is a label nowhere, or fewer than two classes are left.
    """
    present = [label for label in _ordered(counts) if counts[label] > 0]
    named = [*drop, *merge, *merge.values()]
    known = {label for space in LABEL_SPACES.values() for label in space.codes.values()}
    unknown = sorted(set(named) - set(counts) - known)
    if unknown:
        raise ValueError(f"class policy names {unknown}, which are no labels here. Labels: {present}")
    merged = {label: merge.get(label, label) for label in present}
    sizes: dict[str, int] = {}
    for label, target in merged.items():
        if target not in drop:
            sizes[target] = sizes.get(target, 0) + counts[label]
    order = _ordered(sizes)
    if top_k is not None:
        order = _ordered(sorted(order, key=lambda name: -sizes[name])[:top_k])
    if len(order) < 2:
        raise ValueError(f"class policy leaves {order}; at least two classes are needed. Counts: {dict(counts)}")
    of = {label: target if target in order else None for label, target in merged.items()}
    return ClassMap(tuple(order), MappingProxyType(of))


def _ordered(labels: Iterable[str]) -> list[str]:
    """In the order of EMOTIONS, other names behind them by the alphabet."""
    return sorted(labels, key=lambda name: (EMOTIONS.index(name) if name in EMOTIONS else len(EMOTIONS), name))
