"""The model file: Keras' own format with one more member that says what the model is.

`mien.json` inside the `.keras` archive holds class names, preprocessing facts and the hash of the weights. Keras loads
the file as any other and overlooks the member. The same weights give the same bytes: dates are left out.
"""

import hashlib
import json
import tempfile
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.durable import replace
from mien.errors import DataError
from mien.params import Preparation

if TYPE_CHECKING:
    import keras

MEMBER = "mien.json"
_KERAS_METADATA = "metadata.json"
_NO_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class ModelFacts:
    """What one must know of a model to use it.

    `shape` of a face is (H, W, C); `mean` and `std` are those of the gray values learnt from, by which the model itself
    scales pixels (a backbone has a scaling of its own). `crop_margin` and `align` say how the faces were cut out.
    `affect` are the names of what its second head tells, valence and arousal; empty where it has none. `merged` are the
    labels that it has learnt as another class, with that class (disgust: angry).
    """

    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    mean: float
    std: float
    network: str
    options: dict[str, Any] = field(default_factory=dict)
    weights_sha256: str = ""
    mien: str = ""
    crop_margin: float = 0.0
    align: bool = False
    affect: tuple[str, ...] = ()
    merged: dict[str, str] = field(default_factory=dict)

    def class_of(self, label: str) -> str | None:
        """The class that faces of a label were learnt as; None where the model has none for them."""
        name = self.merged.get(label, label)
        return name if name in self.classes else None

    @property
    def preparation(self) -> Preparation:
        """How a picture becomes a face for this model."""
        return Preparation(self.shape[0], "gray" if self.shape[2] == 1 else "rgb", self.crop_margin, self.align)


def weights_digest(model: "keras.Model") -> str:
    """SHA-256 over the bytes of all weights in order: the same for the same weights, whatever file they are in."""
    digest = hashlib.sha256()
    for value in model.get_weights():
        digest.update(f"{value.dtype} {value.shape}\n".encode() + value.tobytes())
    return digest.hexdigest()


def write_model(model: "keras.Model", facts: ModelFacts, path: Path) -> None:
    """Save `model` so that `path` is the old file or the whole new one, whenever the process dies.

    Args:
        model: with Keras' own layers only.
        facts: to go with it.
        path: ends in `.keras`; its folder exists.
    """
    unfinished = path.with_name(f".{path.name}.tmp")
    with tempfile.TemporaryDirectory() as scratch:
        saved = Path(scratch) / "model.keras"
        model.save(saved)
        with zipfile.ZipFile(saved) as source, zipfile.ZipFile(unfinished, "w") as target:
            for name in sorted(source.namelist()):
                _add(target, name, _reproducible(name, source.read(name)))
            _add(target, MEMBER, json.dumps(asdict(facts), indent=1, sort_keys=True).encode())
    replace(unfinished, path)


def read_facts(path: Path) -> ModelFacts:
    """Read what `write_model` stored, without importing Keras.

    Raises:
        DataError: no such file, no Keras model, or one without our member, or with that of another version.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            content = json.loads(archive.read(MEMBER))
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such model. `dvc repro` trains one.") from error
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder; a model is a file, e.g. build/train/model.keras.") from error
    except zipfile.BadZipFile as error:
        raise DataError(f"{path} is not a whole Keras model: {error}.") from error
    except KeyError as error:
        raise DataError(
            f"{path} has no {MEMBER}, so its classes are not known: it was not written by the stage `train`."
        ) from error
    tuples = {name: tuple(content[name]) for name in ("classes", "shape", "affect") if name in content}
    try:
        return ModelFacts(**{**content, **tuples})
    except TypeError as error:
        raise DataError(
            f"{path}: its {MEMBER}, written by version {content.get('mien') or 'unknown'} of mien, does not fit this "
            f"one: {error}. Use that version, or train the model again."
        ) from error


def _reproducible(name: str, content: bytes) -> bytes:
    """Take out of Keras' JSON what differs from one saving to the next: the date, and addresses in memory."""
    if not name.endswith(".json"):
        return content
    parsed = json.loads(content)
    if name == _KERAS_METADATA:
        parsed.pop("date_saved", None)
    _number_shared(parsed, {})
    return json.dumps(parsed, sort_keys=True).encode()


def _number_shared(node: object, numbers: dict[int, int]) -> None:
    """Keras marks objects that layers share by their address; number them in the order in which they come."""
    if isinstance(node, list):
        for value in node:
            _number_shared(value, numbers)
    elif isinstance(node, dict):
        for key, value in sorted(node.items()):
            if key == "shared_object_id":
                node[key] = numbers.setdefault(value, len(numbers) + 1)
            else:
                _number_shared(value, numbers)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(name, _NO_DATE)
    member.external_attr = 0o644 << 16
    archive.writestr(member, content)
