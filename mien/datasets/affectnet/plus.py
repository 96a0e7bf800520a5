"""Reader of AffectNet+ (Fard et al., arXiv 2410.22506): crops of 224 x 224, a JSON file for each."""

from dataclasses import dataclass, field

from mien.datasets.affectnet import annotation as json_file
from mien.datasets.affectnet.labelled import UNLABELED, Labelled
from mien.datasets.affectnet.pairs import Half, PairsReader, annotation
from mien.datasets.opening import Root
from mien.images import ImageError
from mien.reasons import Reason

NO_HUMAN = "no_human_annotated"
"""Folder of pictures that no human has labelled."""


@dataclass(frozen=True)
class PlusReader(PairsReader):
    """Reads `human_annotated`, and with `unlabeled` pictures without a human label too, which get none.

    The crop is the face, without a box. Of what the files infer about a person (age, gender, race) nothing is read.
    """

    ending: str = field(default=".json", init=False)
    unlabeled: bool = False
    left: tuple[Half, ...] = field(default=(), repr=False)

    def remarks(self) -> list[str]:
        """What `PairsReader` says, and what was left out."""
        left = [f"{half.name}/: not read, no human has labelled it; ingest.unlabeled: true does" for half in self.left]
        return super().remarks() + left

    def face(self, root: Root, half: Half, name: str) -> Labelled:
        """Read the file of a crop; as `PairsReader.face`."""
        stem, picture = name.rpartition(".")[0], half.within(f"images/{name}")
        file = half.within(f"annotations/{stem}{self.ending}")
        found = json_file.parse(annotation(root, file, json_file.MAX_BYTES))
        if found.code == UNLABELED and not self.unlabeled:
            raise ImageError(
                Reason.UNLABELED, "no human-label; ingest.unlabeled: true reads such faces, without a label"
            )
        return Labelled(picture, picture, half.usage, found.code, found.valence, found.arousal, None, found.landmarks)


def is_human(half: Half) -> bool:
    """Whether people have labelled the pictures of a folder."""
    return NO_HUMAN not in half.name.casefold().split("/")
