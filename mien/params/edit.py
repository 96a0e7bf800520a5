"""Changing params.yaml by a program: the text of every other line, comments included, stays as it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from mien.durable import write_text
from mien.errors import ParamsError
from mien.params.file import PARAMS_FILE, parse_params, read_params

INDENT = 2


@dataclass(frozen=True)
class Change:
    """A setting that has another value now; `before` is None where there was no such key."""

    key: str
    before: object
    after: object

    def __str__(self) -> str:
        return f"{self.key}: {inline(self.before)} -> {inline(self.after)}"


class _Edit(NamedTuple):
    """Replace the text from `start` to `end` (positions) by `text`."""

    start: int
    end: int
    text: str


def edit_params(changes: Mapping[str, Any], path: Path | str = PARAMS_FILE) -> list[Change]:
    """Write new values into params.yaml, all or nothing; comments of the keys that stay, and their order, are kept.

    Args:
        changes: dotted keys (`train.epochs`) to values. A value takes the place of the whole old one: keys that a
            mapping lacks are gone from the file.
        path: of the file.

    Returns:
        What is different now, key by key; nothing is written where that is nothing.

    Raises:
        ParamsError: the file is missing or no YAML, the result does not validate, or the file is written in a way that
            leaves no place for the change; nothing is written.
    """
    before, text = read_params(path)
    if not isinstance(before, dict):
        raise ParamsError(f"{path}: must be sections with settings. Received: {type(before).__name__}.")
    wanted: object = before
    for key, value in changes.items():
        wanted = _replaced(wanted, key.split("."), yaml.safe_load(yaml.safe_dump(value, sort_keys=False)))
    parse_params(wanted, str(path), text)
    different = list(differences(before, wanted))
    if different:
        _write(Path(path).resolve(), _edited(text, before, wanted, path))  # what a link leads to, not the link
    return different


def _write(path: Path, text: str) -> None:
    """Replace the file; its lines end as they did."""
    ending = "\r\n" if b"\r\n" in path.read_bytes() else "\n"
    write_text(path, text.replace("\n", ending))


def _replaced(content: object, keys: list[str], value: object) -> object:
    if not keys:
        return value
    inside = content if isinstance(content, dict) else {}
    return {**inside, keys[0]: _replaced(inside.get(keys[0]), keys[1:], value)}


def differences(before: object, after: object, key: str = "") -> Iterator[Change]:
    """Leaves in which two sets of settings differ; a key that is not there is None, an empty mapping is a leaf."""
    if isinstance(before, dict) and isinstance(after, dict) and before and after:
        for name in [*before, *(name for name in after if name not in before)]:
            yield from differences(before.get(name), after.get(name), f"{key}.{name}" if key else str(name))
    elif before != after:
        yield Change(key, before, after)


def _edited(text: str, before: object, wanted: object, path: Path | str) -> str:
    """The text, which says `before`, changed so that it says `wanted`."""
    text = text if text.endswith("\n") or not text else f"{text}\n"
    fault = ParamsError(f"{path}: is written in a way that only people can change; plain `key: value` lines help.")
    try:
        new = _applied(text, sorted(_edits(text, yaml.compose(text), before, wanted), key=lambda edit: edit.start))
        said = yaml.safe_load(new)
    except (yaml.YAMLError, ValueError, LookupError) as error:  # anchors, braces, text over lines, odd keys
        raise fault from error
    if said != wanted:
        raise fault
    return new


def _applied(text: str, edits: list[_Edit]) -> str:
    new, at = "", 0
    for edit in edits:
        new, at = new + text[at : edit.start] + edit.text, edit.end
    return new + text[at:]


def _edits(text: str, node: yaml.Node | None, before: Any, wanted: Any) -> Iterator[_Edit]:  # noqa: ANN401
    """What turns a mapping that says `before` into one that says `wanted`."""
    if node is None or not before:
        yield _Edit(0, 0, _block(wanted, 0))
        return
    for name, value in node.value:
        key = name.value
        if key not in wanted:
            yield _Edit(text.rfind("\n", 0, name.start_mark.index) + 1, _line_end(text, _end(value)), "")
        elif before[key] != wanted[key]:
            yield from _edits_of(text, name, value, before[key], wanted[key])
    missing = {key: value for key, value in wanted.items() if key not in before}
    end = _line_end(text, _end(node))
    yield _Edit(end, end, _block(missing, node.start_mark.column))


def _edits_of(text: str, name: yaml.Node, node: yaml.Node, before: object, wanted: object) -> Iterator[_Edit]:
    """What gives the key `name` another value; a comment behind the key stays there."""
    if _is_block(node) and isinstance(before, dict) and isinstance(wanted, dict) and before.keys() & wanted.keys():
        yield from _edits(text, node, before, wanted)
        return
    as_block = isinstance(wanted, dict) and bool(wanted) and not getattr(node, "flow_style", False)
    colon = text.index(":", name.end_mark.index)
    head = colon + 1 if _is_block(node) else _end(node)
    yield _Edit(colon, head, ":" if as_block else f": {inline(wanted)}")
    body = _block(wanted, name.start_mark.column + INDENT) if isinstance(wanted, dict) and as_block else ""
    yield _Edit(_line_end(text, head), _line_end(text, _end(node)), body)


def _is_block(node: yaml.Node) -> bool:
    """Whether it is a mapping or a list with lines of its own."""
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _end(node: yaml.Node) -> int:
    """Where the text of a node ends; a block's own mark stands behind the comments that follow it."""
    if not _is_block(node):
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _line_end(text: str, position: int) -> int:
    """Position of the next line."""
    return text.index("\n", position) + 1


def _block(values: dict[str, Any], column: int) -> str:
    """Lines of a mapping, one a key; lists are written in one line."""
    lines = ""
    for key, value in values.items():
        inside = isinstance(value, dict) and value
        lines += " " * column + f"{inline(key)}:"
        lines += "\n" + _block(value, column + INDENT) if inside else f" {inline(value)}\n"
    return lines


def inline(value: object) -> str:
    """A value as it stands behind its key."""
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
    return text.removesuffix("...\n").strip()
