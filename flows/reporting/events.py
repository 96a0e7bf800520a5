"""What automations can wait for."""

import json
from pathlib import Path

from prefect.events import emit_event

from flows.server import has_server
from mien.durable import write_text
from tasks.stage import stage_folder

REGISTERED = "mien.model.registered"

ANNOUNCED = Path(".mien/announced.json")
"""The registration that was announced last, as `register` wrote it."""


def announce_registration(again: bool) -> None:
    """Say that a model was put into the registry, if one was: the trigger of the promotion in prefect.yaml.

    Args:
        again: also what this checkout has announced before.
    """
    text = (stage_folder("register") / "registered.json").read_text(encoding="utf-8")
    result = json.loads(text)
    if not result["registered"] or not has_server() or (not again and _announced() == text):
        return
    name, version = result["name"], str(result["version"])
    resource = {"prefect.resource.id": f"mien.model.{name}.{version}", "prefect.resource.name": f"{name} {version}"}
    emit_event(REGISTERED, resource)
    ANNOUNCED.parent.mkdir(exist_ok=True)
    write_text(ANNOUNCED, text)


def _announced() -> str | None:
    return ANNOUNCED.read_text(encoding="utf-8") if ANNOUNCED.exists() else None
