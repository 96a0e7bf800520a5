"""Reading and checking params.yaml: an error names file, line, key, what was received and what is allowed."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mien.errors import ParamsError
from mien.params.sections import Params

PARAMS_FILE = Path("params.yaml")


def load_params(path: Path | str = PARAMS_FILE) -> Params:
    """Read and check params.yaml.

    Raises:
        ParamsError: the file is missing, no YAML, or does not validate; every fault is listed with its line.
    """
    content, text = read_params(path)
    return parse_params(content, str(path), text)


def read_params(path: Path | str = PARAMS_FILE) -> tuple[object, str]:
    """What params.yaml holds, not yet checked, and its text.

    Raises:
        ParamsError: the file is missing or no YAML.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.safe_load(text)
    except FileNotFoundError as error:
        raise ParamsError(f"{path}: not found. Run from the project's root, where params.yaml is.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path}: not valid YAML: {error}") from error
    return content if content is not None else {}, text


def parse_params(content: object, name: str = "params", text: str = "") -> Params:
    """Check values that did not come from a file (a form, a flow); `name` and `text` serve the messages.

    Raises:
        ParamsError: as `load_params`.
    """
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        faults = [_fault(name, text, fault) for fault in error.errors()]
        raise ParamsError("\n".join(faults)) from error


def _fault(name: str, text: str, fault: ErrorDetails) -> str:
    keys = [str(part) for part in fault["loc"]]
    line = _line_of(text, keys)
    where = f"{name}:{line}" if line else name
    received = "" if fault["type"] == "missing" else f" Received: {fault['input']!r}."
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        message, received = f"unknown key; known here: {', '.join(_known(keys[:-1]))}", ""
    return f"{where}: {'.'.join(keys) or 'the file'}: {message}.{received}"


def _known(keys: list[str]) -> list[str]:
    """Names of the fields of the section that `keys` leads to."""
    model: type[BaseModel] = Params
    for key in keys:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if key not in fields:  # a name that the user gave, within a mapping
            continue
        model = next(_models(fields[key].annotation))
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """The sections in a type: in `tuple[Section, ...] | None` that one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _line_of(text: str, keys: list[str]) -> int | None:
    """1-based line of a key in the YAML text, or of the deepest parent that is there."""
    node = yaml.compose(text) if text else None
    line = None
    for key in keys:
        if isinstance(node, yaml.SequenceNode):
            node = node.value[int(key)]
            line = node.start_mark.line + 1
            continue
        if not isinstance(node, yaml.MappingNode):
            break
        for name, value in node.value:
            if name.value == key:
                line, node = name.start_mark.line + 1, value
                break
        else:
            break
    return line
