"""The last comparison in a README: between two markers that nobody sees, with the files it needs beside it."""

import csv
import shutil
from pathlib import Path

from mien.durable import write_text
from mien.errors import DataError

FOLDER = Path("build/compare")
"""Where `python -m flows.compare` leaves a comparison."""

CSV, MARKDOWN, PICTURE = "comparison.csv", "comparison.md", "comparison.png"
DOCS = "docs"
"""Beside the README: files that it shows, and that `dvc plots` reads."""

START, END = "<!-- comparison: written by `python -m mien.comparison` -->", "<!-- end of comparison -->"


def publish(readme: Path, source: Path = FOLDER) -> list[Path]:
    """Copy table and picture of the last comparison into docs/ beside the README, and the table into it.

    Returns:
        The files that were written.

    Raises:
        DataError: there is no comparison, no such README, or one without the markers; nothing is written then.
    """
    missing = [name for name in (CSV, MARKDOWN, PICTURE) if not (source / name).is_file()]
    if missing:
        raise DataError(
            f"{source.as_posix()}/ has no {', '.join(missing)}. Compare first: `python -m flows.compare` (all presets, "
            "hours on real faces), or with names of presets."
        )
    if not readme.is_file():
        raise DataError(f"{readme}: not found. Name a Markdown file that holds the lines\n{START}\n{END}")
    picture = f"![Accuracies of the presets, published and ours]({DOCS}/{PICTURE})"
    block = f"{(source / MARKDOWN).read_text(encoding='utf-8').strip()}\n\n{picture}"
    text = replaced(readme.read_text(encoding="utf-8"), block, str(readme))
    docs = readme.parent / DOCS
    docs.mkdir(exist_ok=True)
    copies = [Path(shutil.copyfile(source / name, docs / name)) for name in (CSV, PICTURE)]
    write_text(readme, text)
    return [*copies, readme]


def failed(source: Path) -> list[str]:
    """Names of the rows of a comparison that have failed, each with its reason; a part of one may be published."""
    with (source / CSV).open(encoding="utf-8", newline="") as lines:
        return [f"{row['name']}: {row['problem']}" for row in csv.DictReader(lines) if row.get("problem")]


def replaced(text: str, block: str, name: str) -> str:
    """`text` with `block` in place of what is between the markers.

    Raises:
        DataError: not each of the markers once, in their order.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end or START in rest or END in before + after:
        raise DataError(
            f"{name}: add these two lines where the table is to stand, each once and in this order:\n{START}\n{END}"
        )
    return f"{before}{START}\n\n{block}\n\n{END}{after}"
