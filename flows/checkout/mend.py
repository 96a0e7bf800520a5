"""What a kill can leave behind in a checkout, and DVC itself does not get over."""

import json
import time
from collections.abc import Callable
from pathlib import Path

LOCKS = Path(".dvc/tmp/rwlock")
"""DVC's list of who reads and writes which path, written in place."""


def mend_locks(folder: Path, tell: Callable[[str], None]) -> None:
    """Remove DVC's list of locks where a kill has cut it off: DVC would refuse every command from then on.

    A DVC command that is just writing it needs milliseconds for that.
    """
    path = folder / LOCKS
    for _ in range(10):
        if not path.exists() or _is_whole(path):
            return
        time.sleep(0.1)
    tell(f"{path} was cut off by a kill; removed")
    path.unlink(missing_ok=True)


def _is_whole(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return True
