"""Weights from a file that the user names, in either of Keras' HDF5 formats; every fault is said with its layer."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import h5py
import keras
import numpy as np

from mien.errors import ParamsError

KEY = "train.network.weights"

Stored = dict[str, list[np.ndarray]]
"""Weights of each layer that has some, by its name in the file."""


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
    except OSError as error:
        raise ParamsError(f"{KEY}: {file} is no weights file of Keras (.weights.h5 or .h5): {error}.") from error
    if not found:
        raise ParamsError(f"{KEY}: {file} holds no weights of layers: it is no weights file of Keras 3 or 2.")
    for layer, name, arrays in _pairs(backbone, found, legacy, file):
        _check(backbone, layer, name, arrays, file)
        layer.set_weights(arrays)


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
    group = stored.get("model_weights", stored)
    found = {}
    for name in map(_text, group.attrs["layer_names"]):
        arrays = [np.asarray(group[name][_text(weight)]) for weight in group[name].attrs["weight_names"]]
        if arrays:
            found[name] = arrays
    return found


def _by_name(stored: h5py.File) -> Stored:
    """The format of Keras 3, which keeps the name of a layer beside its weights."""
    found: Stored = {}

    def visit(path: str, item: h5py.Group | h5py.Dataset) -> None:
        if path.endswith("vars") and len(item) and "name" in item.attrs:
            found[_text(item.attrs["name"])] = [np.asarray(item[key]) for key in sorted(item, key=int)]

    stored.visititems(visit)
    return found


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _pairs(
    backbone: keras.Model, found: Stored, by_order: bool, file: str
) -> Iterator[tuple[keras.layers.Layer, str, list[np.ndarray]]]:
    """Each layer that has weights, with the name and the arrays that the file has for it.

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


def _check(backbone: keras.Model, layer: keras.layers.Layer, name: str, arrays: list[np.ndarray], file: str) -> None:
    expected, received = _shapes(layer.get_weights()), _shapes(arrays)
    if expected != received:
        there = "" if name == layer.name else f" (there: {name})"
        raise _misfit(backbone, file, f"layer {layer.name}{there} expects {expected}, the file has {received}")


def _shapes(arrays: list[np.ndarray]) -> str:
    return " ".join(str(array.shape) for array in arrays)


def _misfit(backbone: keras.Model, file: str, what: str) -> ParamsError:
    return ParamsError(
        f"{KEY}: {file} does not fit {backbone.name}: {what}. Name the file of that architecture without its top "
        "(notop), or change train.network.architecture."
    )
