"""`python -m flows.pipeline`: the flow from a terminal. Imports Prefect only for the flow."""

import argparse
import sys
from typing import Any

import yaml

from flows.checkout.place import enter_checkout
from flows.errors import FlowError
from mien.errors import MienError
from mien.presets import PROTOCOLS


def main() -> None:
    """Run the pipeline; exit code 1 where it does not complete."""
    words = _words()
    try:
        params = dict(setting(text) for text in words.params)
        enter_checkout()
        said = _run(words, params)
    except MienError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted; the next run goes on, a training from its last epoch")
    sys.exit(said)


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m flows.pipeline", description="Bring stages up to date as a flow.")
    parser.add_argument("stages", nargs="*", help="only these, and what they are made from")
    parser.add_argument(
        "--set", dest="params", action="append", default=[], metavar="KEY=VALUE", help="a setting for this run only"
    )
    parser.add_argument(
        "--preset", metavar="NAME", help="a reference project (`python -m mien.presets`), this run only"
    )
    parser.add_argument(
        "--protocol", choices=PROTOCOLS, default="sound", help="of the preset; by default the sound one"
    )
    parser.add_argument("--force", action="store_true", help="run the named stages (or all) though nothing has changed")
    parser.add_argument("--data-revision", metavar="REV", help="git revision whose version of the data to take")
    parser.add_argument("--local", action="store_true", help="train in place, not on a worker of the pool gpu")
    return parser.parse_args()


def _run(words: argparse.Namespace, params: dict[str, Any]) -> str | None:
    """What to say at the end; None where all is well, as the flow has said it."""
    from flows.checkout.overrides import preset_sections
    from flows.planning import check_request
    from flows.server import TAG, check_server

    check_request(words.stages, params, preset_sections(words.preset, words.protocol))
    check_server()
    from prefect import tags

    from flows.pipeline import pipeline

    with tags(TAG):
        state = pipeline(
            stages=words.stages or None,
            params=params,
            preset=words.preset,
            protocol=words.protocol,
            force=words.force,
            data_revision=words.data_revision,
            local=words.local,
            return_state=True,
        )
    return None if state.is_completed() else f"\n{state.message}"


def setting(text: str) -> tuple[str, Any]:
    """`train.epochs=3` as a key and a value, which is read as YAML.

    Raises:
        FlowError: it is no such pair.
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise FlowError(f"--set {text}: must be KEY=VALUE, e.g. train.epochs=3")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise FlowError(f"--set {text}: the value is not valid YAML: {error}") from error
