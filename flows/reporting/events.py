"""What automations can wait for."""

import json

from prefect.events import emit_event

from tasks.stage import stage_folder

REGISTERED = "mien.model.registered"


def announce_registration() -> None:
    """Say that this run has put a model into the registry, if it has: the trigger of the promotion in prefect.yaml."""
    result = json.loads((stage_folder("register") / "registered.json").read_text(encoding="utf-8"))
    if result["registered"]:
        name, version = result["name"], str(result["version"])
        resource = {"prefect.resource.id": f"mien.model.{name}.{version}", "prefect.resource.name": f"{name} {version}"}
        emit_event(REGISTERED, resource)
