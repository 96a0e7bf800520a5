"""Weights from a file that the user names, in either of Keras' HDF5 formats; every fault is said with its layer."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import h5py
import keras
import numpy as np

from mien.errors import ParamsError

KEY = "train.network.weights"

Stored = dict[str, list[h5py.Dataset]]
"""Weights of each layer that has some, by its name in the file; not yet read, as a file may declare any size."""

FAULTS = (OSError, KeyError, ValueError, TypeError, RuntimeError)
"""What h5py raises at a file that is broken or of something else."""


def load_weights(backbone: keras.Model, file: str, sha256: str | None) -> None:
    """Put the weights of a file into a network of `keras.applications` without its top.

    Args:
        backbone: named as in params.yaml; its weights are overwritten.
        file: path, relative to the project's root; `.weights.h5`, or the older `.h5` ("notop") of Keras.
        sha256: of the file's content, which stands for it wherever results are compared.

    Raises:
        ParamsError: no such file, another content than `sha256` says, no weights file, or one of another network.
    """
    content = _read(file, sha256)
    try:
        with h5py.File(io.BytesIO(content)) as stored:
            legacy = "layer_names" in stored.attrs or "model_weights" in stored
            found = _legacy(stored) if legacy else _by_name(stored)
            if not found:
                raise ParamsError(f"{KEY}: {file} holds no weights of layers: it is no weights file of Keras 3 or 2.")
            for layer, name, weights in _pairs(backbone, found, legacy, file):
                _check(backbone, layer, name, weights, file)
                layer.set_weights([np.asarray(weight) for weight in weights])
    except FAULTS as error:
        raise ParamsError(f"{KEY}: {file} is no weights file of Keras (.weights.h5 or .h5): {error}.") from error


def _read(file: str, sha256: str | None) -> bytes:
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise ParamsError(
            f"{KEY}: {file} cannot be read: {error.strerror}; looked for {Path(file).absolute()}. Nothing is "
            'downloaded: put "notop" weights of keras.applications there, or set weights to null for random ones. A '
            "worker trains in a clone of its own, to which git brings the file if it is committed; DVC does not, as no "
            f"stage depends on it: run `dvc pull {file}.dvc` there."
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if sha256 is None:
        raise ParamsError(
            f"{KEY}_sha256 is missing: the same params must mean the same weights. Add this line below the one of "
            f"weights:\n    weights_sha256: {found}"
        )
    if found != sha256:
        raise ParamsError(
            f"{KEY}: {file} is not the file that weights_sha256 names: received {found}, expected {sha256}. Bring that "
            f"file back, or write\n    weights_sha256: {found}"
        )
    return content


def _legacy(stored: h5py.File) -> Stored:
    """The format of Keras 2, in the order of the layers."""
    group = _inside(stored, "model_weights") if "model_weights" in stored else stored
    found = {}
    for name in map(_text, group.attrs["layer_names"]):
        layer = _inside(group, name)
        weights = [_weights_of(layer, _text(weight)) for weight in layer.attrs["weight_names"]]
        if weights:
            found[name] = weights
    return found


def _by_name(stored: h5py.File) -> Stored:
    """The format of Keras 3, which keeps the name of a layer beside its weights."""
    found: Stored = {}

    def visit(path: str, item: h5py.Group | h5py.Dataset) -> None:
        if path.endswith("vars") and len(item) and "name" in item.attrs:
            found[_text(item.attrs["name"])] = [_weights_of(item, key) for key in sorted(item, key=int)]

    stored.visititems(visit)
    return found


def _inside(group: h5py.Group, path: str) -> h5py.Group | h5py.Dataset:
    """What lies there in this file itself: a link could lead to any file of the machine."""
    for name in path.split("/"):
        if group.get(name, getclass=True, getlink=True) is not h5py.HardLink:
            raise ValueError(f"{name} is missing or a link")
        group = group[name]
    return group


def _weights_of(layer: h5py.Group, path: str) -> h5py.Dataset:
    found = _inside(layer, path)
    if not isinstance(found, h5py.Dataset) or found.dtype.kind != "f":
        raise ValueError(f"{found.name} are no numbers of a layer")
    if found.external or found.is_virtual:
        raise ValueError(f"{found.name} lies in another file")
    return found


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _pairs(
    backbone: keras.Model, found: Stored, by_order: bool, file: str
) -> Iterator[tuple[keras.layers.Layer, str, list[h5py.Dataset]]]:
    """Each layer that has weights, with the name and the weights that the file has for it.

    In the older format by their order: names have changed since those files were made.
    """
    weighty = [layer for layer in backbone.layers if layer.weights]
    names = list(found) if by_order else [layer.name for layer in weighty]
    for number, layer in enumerate(weighty):
        name = names[number] if number < len(names) else layer.name
        if name not in found:
            raise _misfit(backbone, file, f"it has no weights for layer {layer.name}, {_shapes(layer.get_weights())}")
        yield layer, name, found[name]
    left = [name for name in found if name not in names[: len(weighty)]]
    if left:
        raise _misfit(
            backbone, file, f"it has a layer {left[0]}, {_shapes(found[left[0]])}, that is none of this network"
        )


def _check(backbone: keras.Model, layer: keras.layers.Layer, name: str, weights: list[h5py.Dataset], file: str) -> None:
    expected, received = _shapes(layer.get_weights()), _shapes(weights)
    if expected != received:
        there = "" if name == layer.name else f" (there: {name})"
        raise _misfit(backbone, file, f"layer {layer.name}{there} expects {expected}, the file has {received}")


def _shapes(arrays: Iterable[np.ndarray | h5py.Dataset]) -> str:
    return " ".join(str(array.shape) for array in arrays)


def _misfit(backbone: keras.Model, file: str, what: str) -> ParamsError:
    return ParamsError(
        f"{KEY}: {file} does not fit {backbone.name}: {what}. Name the file of that architecture without its top "
        "(notop), or change train.network.architecture."
    )
