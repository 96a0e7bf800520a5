"""Where the checkout is."""

import os
from pathlib import Path

from flows.errors import FlowError

GRAPH = "dvc.yaml"


def enter_checkout() -> Path:
    """Make the checkout the working directory, where every path of this project begins, and return it.

    It is the working directory already, or what this package was installed from: a worker starts a flow run in an
    empty folder.

    Raises:
        FlowError: neither holds a dvc.yaml.
    """
    source = Path(__file__).resolve().parents[2]
    for place in (Path.cwd(), source):
        if (place / GRAPH).is_file():
            os.chdir(place)
            return place
    raise FlowError(f"no {GRAPH} in {Path.cwd()} or {source}. Run from the root of a checkout of this project.")
