"""`python -m flows.compare`: the flow from a terminal. Imports Prefect only for the flow."""

import argparse
import sys
from typing import Any

from flows.checkout.place import enter_checkout
from flows.stages.program import setting
from mien.errors import MienError
from mien.presets import PRESETS


def main() -> None:
    """Compare, and print the table; exit code 1 where a preset fails."""
    words = _words()
    try:
        params = dict(setting(text) for text in words.params)
        enter_checkout()
        said = _run(words, params)
    except MienError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted; the next run takes what is done from DVC's cache, and a training goes on")
    sys.exit(said)


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m flows.compare",
        description="Run presets on the same rows: one table and one chart, published and ours, in build/compare/.",
    )
    parser.add_argument("presets", nargs="*", metavar="PRESET", help=f"only these of {', '.join(PRESETS)}")
    parser.add_argument(
        "--protocol", choices=["both", "seed", "sound"], default="both", help="the project's own one, the sound one"
    )
    parser.add_argument(
        "--set", dest="params", action="append", default=[], metavar="KEY=VALUE", help="a setting on top of each preset"
    )
    parser.add_argument("--local", action="store_true", help="train in place, not on a worker of the pool gpu")
    return parser.parse_args()


def _run(words: argparse.Namespace, params: dict[str, Any]) -> str | None:
    """What to say at the end; None where all is well, as the flow has said it."""
    from flows.comparison.entries import entries
    from flows.server import TAG, check_server

    entries(words.presets, words.protocol, params)
    check_server()
    from prefect import tags

    from flows.compare import compare

    with tags(TAG):
        state = compare(words.presets or None, words.protocol, params, words.local, return_state=True)
    return None if state.is_completed() else f"\n{state.message}"
