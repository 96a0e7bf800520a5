"""`python -m flows.promote`: the flow, or a rollback, from a terminal. Imports Prefect only for the flow."""

import argparse
import sys

from flows.checkout.place import enter_checkout
from flows.promotion.rollback import restore_previous
from mien.errors import MienError


def main() -> None:
    """Promote or roll back; exit code 1 where that fails. A challenger that does not pass is no failure."""
    parser = argparse.ArgumentParser(
        prog="python -m flows.promote",
        description="Make the challenger champion if it is measurably better on the same test faces.",
    )
    parser.add_argument("--model-name", metavar="NAME", help="registered model; by default that of params.yaml")
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--rollback", action="store_true", help="give the alias champion back to the version before")
    either.add_argument("--approve", action="store_true", help="wait until a person resumes the flow run in the UI")
    words = parser.parse_args()
    try:
        enter_checkout()
        said = _roll_back(words.model_name) if words.rollback else _promote(words.model_name, words.approve)
    except MienError as error:
        sys.exit(f"\n{error}")
    print(said)


def _roll_back(model_name: str | None) -> str:
    ending = restore_previous(model_name)
    return f"{ending.name}: {ending.message}"


def _promote(model_name: str | None, approval: bool) -> str:
    from prefect import tags

    from flows.errors import FlowError
    from flows.promote import promote
    from flows.promotion.approval import check_approvable
    from flows.server import TAG, check_server

    check_server()
    if approval:
        check_approvable()
    with tags(TAG):
        state = promote(approval=approval, model_name=model_name, return_state=True)
    if not state.is_completed():
        raise FlowError(str(state.message))
    return f"{state.name}: {state.message}"
