"""Settings and data of one run only: written into the checkout for its time, put back after it, whatever happens."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from filelock import FileLock, Timeout

from flows.checkout import kept
from flows.checkout.child import CommandFailedError, run_dvc
from flows.checkout.graph import DATA, Graph
from flows.checkout.lock import lock_file
from flows.errors import FlowError
from flows.remote.git import git
from flows.stages.result import explain
from mien.durable import write_text
from mien.errors import ParamsError
from mien.params import PARAMS_FILE, Params, parse_params, read_params
from mien.presets import PRESETS, Protocol, load_preset

NOTHING: Mapping[str, Any] = MappingProxyType({})


def preset_sections(preset: str | None, protocol: Protocol) -> dict[str, dict[str, Any]]:
    """The sections that a preset gives; none without a preset.

    Raises:
        FlowError: a protocol without a preset.
        ParamsError: an unknown one; the known ones are named.
    """
    if preset is not None:
        return load_preset(preset).sections(protocol)
    if protocol != "sound":
        raise FlowError(
            f"protocol {protocol!r}: is that of a preset, and none is named. Presets: {', '.join(PRESETS)}."
        )
    return {}


def check_params(overrides: Mapping[str, Any], sections: Mapping[str, Any] = NOTHING) -> tuple[str, Params]:
    """Text of params.yaml with the sections and the overrides in it, and its checked view.

    Args:
        overrides: dotted keys (`train.epochs`) or nested sections, which are merged into what is there.
        sections: take the place of what is there; the overrides come on top.

    Raises:
        ParamsError: the file or the result does not validate; nothing is written.
    """
    content, _ = read_params()
    if not isinstance(content, dict):
        raise ParamsError(f"{PARAMS_FILE}: must be sections with settings. Received: {type(content).__name__}.")
    content |= deepcopy(dict(sections))
    for key, value in overrides.items():
        _merge(content, key.split("."), value)
    text = yaml.safe_dump(content, sort_keys=False)
    return text, parse_params(content, "params of this run")


def _merge(content: dict[str, Any], keys: list[str], value: object) -> None:
    """Set a nested key; a section given as a mapping is merged key by key."""
    first, *rest = keys
    if rest:
        if not isinstance(content.get(first), dict):
            content[first] = {}
        _merge(content[first], rest, value)
    elif isinstance(value, Mapping) and isinstance(content.get(first), dict):
        for key, inner in value.items():
            _merge(content[first], [str(key)], inner)
    else:
        content[first] = value


@contextmanager
def overridden(
    overrides: Mapping[str, Any],
    data_revision: str | None,
    owner: str,
    tell: Callable[[str], None],
    sections: Mapping[str, Any] = NOTHING,
) -> Iterator[None]:
    """The checkout, which the caller holds, with these settings and this data, and afterwards as it was.

    What has been made from them stays in build/ and in DVC's cache; the next run of the old settings takes its results
    from there. What a killed run has left is put back first.

    Args:
        overrides: as `check_params`.
        data_revision: git commit, tag or branch whose data.dvc to take.
        owner: names the run; a watchman puts back only what its own run has overridden.
        tell: takes lines for people.
        sections: as `check_params`.

    Raises:
        ParamsError: the settings do not validate.
        FlowError: no such revision, or data/ holds what data.dvc does not name.
        PassingError: a remote does not answer.
    """
    kept.put_back(tell)
    contents: dict[Path, str] = {}
    if overrides or sections:
        contents[PARAMS_FILE] = check_params(overrides, sections)[0]
    if data_revision:
        contents[Path(DATA)] = _pointer_of(data_revision)
    if not contents:
        yield
        return
    kept.keep(owner, contents)
    try:
        for path, content in contents.items():
            write_text(path, content)
        if data_revision:
            _pull()
        yield
    finally:
        kept.put_back(tell)


def put_back_of(owner: str) -> None:
    """Put back what this run, which is gone, has overridden; whoever holds the checkout now has done so already.

    The watchman of another run holds the checkout not even for a look: two that look at once would both give up.
    """
    if kept.owner() != owner:
        return
    try:
        with FileLock(lock_file(), timeout=0):
            if kept.owner() == owner:
                kept.put_back(lambda _: None)
    except Timeout:
        return


def _pointer_of(revision: str) -> str:
    """The data.dvc of a git revision; today's data are in the cache afterwards, so that they can come back."""
    try:
        commit = git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        pointer = git("show", f"{commit}:{DATA}")
    except FlowError as error:
        raise FlowError(
            f"data revision {revision!r}: {error} It must be a commit, tag or branch of this repository whose tree "
            f"holds {DATA}."
        ) from error
    changes = Graph().changes([DATA]).get(DATA, [])
    if changes and not Path("data").exists():
        _pull()
    elif changes:
        raise FlowError(
            f"data/ is not what {DATA} names ({changes}): another version would overwrite it. "
            f"Run `dvc add data` (or `dvc checkout {DATA}` to drop your changes) first."
        )
    return f"{pointer}\n"


def _pull() -> None:
    try:
        run_dvc("pull", DATA)
    except CommandFailedError as error:
        raise explain(DATA, error) from error
