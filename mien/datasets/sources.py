"""From what was found in data/ to the reader that reads it."""

from collections.abc import Callable, Mapping, Sequence

from mien.datasets import fer2013, folder
from mien.datasets.affectnet import labels_csv, lists, yolo
from mien.datasets.affectnet.crops import CropsReader
from mien.datasets.affectnet.original import OriginalReader
from mien.datasets.affectnet.pairs import Half, halves
from mien.datasets.affectnet.plus import PlusReader, is_human
from mien.datasets.detect import Detection
from mien.datasets.folder import FolderReader
from mien.datasets.reader import Reader
from mien.errors import DataError
from mien.params import IngestParams


def open_reader(found: Detection, params: IngestParams) -> Reader:
    """The reader of the data set that was chosen.

    Raises:
        DataError: a source that cannot be read at all, or whose labels need a label space.
    """
    return OPEN[found.chosen.reader](found, params)


def _fer2013(found: Detection, params: IngestParams) -> Reader:
    return fer2013.open_csv(found.survey.root, found.chosen.name, params.preparation(), params.unlabeled)


def _folder(found: Detection, params: IngestParams) -> Reader:
    names = {
        folder.place(f"{name}/_").folder for name, below in found.survey.folders.items() if name and below.pictures
    }
    space = folder.label_space(names, params.label_space)
    return FolderReader(found.survey.root, space.name, params.preparation(), found.survey.pictures)


def _original(found: Detection, params: IngestParams) -> Reader:
    listed = lists.find(found.survey, found.chosen.tables)
    return OriginalReader(found.survey.root, tuple(listed), params.preparation())


def _crops(found: Detection, params: IngestParams) -> Reader:
    pairs = [half for half in halves(found.survey, ".npy") if half.within("images") in found.chosen.folders]
    return CropsReader(found.survey.root, tuple(pairs), params.preparation(), _pictures(found, pairs))


def _plus(found: Detection, params: IngestParams) -> Reader:
    pairs = [half for half in halves(found.survey, ".json") if half.within("images") in found.chosen.folders]
    human = [half for half in pairs if is_human(half) or params.unlabeled]
    if not human:
        names = ", ".join(half.name for half in pairs)
        raise DataError(
            f"{names}: no human has labelled these pictures. Bring human_annotated, or set ingest.unlabeled: true in "
            "params.yaml to read them without labels"
        )
    left = tuple(half for half in pairs if half not in human)
    total = _pictures(found, human)
    return PlusReader(found.survey.root, tuple(human), params.preparation(), total, (), params.unlabeled, left)


def _labels_csv(found: Detection, params: IngestParams) -> Reader:
    return labels_csv.open_labels(found.survey.root, found.chosen.name, params.preparation())


def _yolo(found: Detection, params: IngestParams) -> Reader:
    return yolo.open_yolo(found.survey, found.chosen.name, params.preparation())


def _pictures(found: Detection, pairs: Sequence[Half]) -> int:
    return sum(found.survey.folders[half.within("images")].pictures for half in pairs)


OPEN: Mapping[str, Callable[[Detection, IngestParams], Reader]] = {
    "fer2013": _fer2013,
    "folder": _folder,
    "affectnet": _original,
    "affectnet_npy": _crops,
    "affectnet_plus": _plus,
    "labels_csv": _labels_csv,
    "yolo": _yolo,
}
"""By `ingest.source`."""
