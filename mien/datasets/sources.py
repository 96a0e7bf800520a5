"""From what was found in data/ to the reader that reads it."""

from mien.datasets import fer2013, folder
from mien.datasets.detect import Detection
from mien.datasets.folder import FolderReader
from mien.datasets.reader import Reader
from mien.params import IngestParams


def open_reader(found: Detection, params: IngestParams) -> Reader:
    """The reader of the data set that was chosen.

    Raises:
        DataError: a source that cannot be read at all, or whose labels need a label space.
    """
    chosen, root = found.chosen, found.survey.root
    if chosen.reader == "fer2013":
        return fer2013.open_csv(root, chosen.name, params.preparation(), params.unlabeled)
    names = {
        folder.place(f"{name}/_").folder for name, below in found.survey.folders.items() if name and below.pictures
    }
    space = folder.label_space(names, params.label_space)
    return FolderReader(root, space.name, params.preparation(), found.survey.pictures)
