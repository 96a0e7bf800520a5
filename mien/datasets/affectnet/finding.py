"""Which formats of AffectNet lie in data/: by the folders of pictures and by what other files were seen to be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mien.datasets.affectnet import lists, yolo
from mien.datasets.affectnet.pairs import Half, halves
from mien.datasets.looks import Kind
from mien.datasets.survey import Survey
from mien.errors import DataError

SUFFIXES: Mapping[Kind, str] = {"affectnet_npy": ".npy", "affectnet_plus": ".json"}
"""Of annotations that lie beside their pictures."""


TITLES: Mapping[Kind, str] = {"affectnet_npy": "AffectNet's crops of 2021", "affectnet_plus": "AffectNet+"}


@dataclass(frozen=True)
class Found:
    """A data set of AffectNet.

    `names` are its tables. Pictures and files of `suffix` in `folders` are its.
    `problem` says why it cannot be read as it lies there.
    """

    kind: Kind
    names: tuple[str, ...]
    evidence: str
    folders: frozenset[str]
    suffix: str = ""
    problem: str = ""


def find(
    survey: Survey, tables: Mapping[str, Sequence[str]], annotated: Mapping[str, Sequence[str]]
) -> Iterator[Found]:
    """Every format of AffectNet that lies below the survey's root.

    Args:
        survey: what is there.
        tables: by kind, names of files that were seen to be lists of pictures or of classes.
        annotated: by kind, folders in which annotations of single pictures were seen.
    """
    if tables.get("affectnet_csv"):
        yield _original(survey, tables["affectnet_csv"])
    for kind, suffix in SUFFIXES.items():
        seen = {name.rpartition("/")[0] for name in annotated.get(kind, ())}
        pairs = [half for half in halves(survey, suffix) if half.name in seen]
        if pairs:
            yield _pairs(survey, kind, suffix, pairs)
    for name in tables.get("labels_csv", ()):
        folders = _below(survey, name)
        count = sum(survey.folders[folder].pictures for folder in folders)
        yield Found(
            "labels_csv", (name,), f"AffectNet repackaged: columns pth and label, and {count:,} pictures", folders
        )
    for name in tables.get("yolo", ()):
        if pictured := yolo.picture_folders(survey, name):
            yield _yolo(survey, name, pictured)


def _original(survey: Survey, names: Sequence[str]) -> Found:
    try:
        found = lists.find(survey, names)
    except DataError as error:
        evidence = "AffectNet's original distribution: lists of pictures"
        return Found("affectnet_csv", tuple(names), evidence, frozenset(), problem=str(error))
    folders = frozenset(name for name in survey.folders if lists.is_picture_folder(name, found))
    evidence = "; ".join(one.evidence for one in found)
    return Found("affectnet_csv", tuple(names), f"AffectNet's original distribution: {evidence}", folders)


def _pairs(survey: Survey, kind: Kind, suffix: str, found: Sequence[Half]) -> Found:
    counts = [f"{half.name or '.'} {survey.folders[half.within('images')].pictures:,}" for half in found]
    evidence = f"{TITLES[kind]}: pictures in images/ with {suffix} files in annotations/ ({', '.join(counts)})"
    folders = frozenset(half.within(own) for half in found for own in ("images", "annotations"))
    return Found(kind, (), evidence, folders, suffix)


def _yolo(survey: Survey, name: str, pictured: Sequence[str]) -> Found:
    counts = ", ".join(f"{folder} {survey.folders[folder].pictures:,}" for folder in pictured)
    evidence = f"AffectNet in YOLO's format: names of classes, and pictures beside files of labels ({counts})"
    beside = {f"{folder.removesuffix('images')}labels" for folder in pictured}
    return Found("yolo", (name,), evidence, frozenset({*pictured, *beside}), ".txt")


def _below(survey: Survey, name: str) -> frozenset[str]:
    above = f"{name.rpartition('/')[0]}/" if "/" in name else ""
    return frozenset(folder for folder in survey.folders if folder.startswith(above) and folder)
