"""Files as they were before a run put its own in their place, kept until they are back."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from flows.checkout.child import run_dvc
from flows.checkout.graph import DATA, Graph
from mien.durable import sync, write_text

FOLDER = Path(".mien/overridden")
OWNER = "owner"
"""Name of the run; written last, so that half a copy is never put back."""

BEFORE, DURING = "before", "during"


def keep(owner: str, contents: Mapping[Path, str]) -> None:
    """Keep these files as they are, and as the run is going to write them."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for path, content in contents.items():
        for when, text in ((BEFORE, path.read_text(encoding="utf-8")), (DURING, content)):
            (FOLDER / when).mkdir(parents=True, exist_ok=True)
            write_text(FOLDER / when / path, text)
    sync(FOLDER)
    write_text(FOLDER / OWNER, owner)


def owner() -> str | None:
    """Whose files are in the place of the kept ones; None when nothing is kept."""
    return (FOLDER / OWNER).read_text(encoding="utf-8") if (FOLDER / OWNER).exists() else None


def put_back(tell: Callable[[str], None]) -> None:
    """Put back what is kept, data/ too, and forget it; the caller holds the checkout.

    A file that a person has changed meanwhile stays as it is, and the one of before is left beside it.

    Raises:
        FlowError: data/ cannot be brought back; the next call tries again.
    """
    if owner() is not None:
        for kept in sorted((FOLDER / BEFORE).iterdir()):
            _put_back(Path(kept.name), tell)
        if (FOLDER / BEFORE / DATA).exists() and Graph().changes([DATA]):
            run_dvc("checkout", DATA)
        (FOLDER / OWNER).unlink()
    shutil.rmtree(FOLDER, ignore_errors=True)


def _put_back(path: Path, tell: Callable[[str], None]) -> None:
    before, during, now = (
        (place / path).read_text(encoding="utf-8") for place in (FOLDER / BEFORE, FOLDER / DURING, Path())
    )
    if now == during:
        write_text(path, before)
    elif now != before:
        beside = path.with_name(f"{path.name}.before")
        write_text(beside, before)
        tell(f"{path} was changed while a run had settings of its own in it; it stays, the one of before is {beside}")
