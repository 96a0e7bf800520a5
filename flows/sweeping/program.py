"""`python -m flows.sweep`: the flow, or its best trial into params.yaml, from a terminal."""

import argparse
import re
import sys

from flows.checkout import kept
from flows.checkout.lock import only_run
from flows.checkout.place import enter_checkout
from flows.errors import FlowError
from mien.errors import MienError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def main() -> None:
    """Run or apply a sweep; exit code 1 where that fails."""
    parser = argparse.ArgumentParser(
        prog="python -m flows.sweep",
        description="Try the trainings of section sweep of params.yaml; one may be killed.",
    )
    parser.add_argument("--trials", type=_count, metavar="N", help="so many in all, instead of sweep.trials")
    parser.add_argument("--study", type=_name, metavar="NAME", help="its name; by default one for data and settings")
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--workers", type=_count, metavar="N", help="on so many workers of the pool gpu at a time")
    either.add_argument("--apply", action="store_true", help="write the best trial's network into params.yaml")
    words = parser.parse_args()
    if words.apply and words.trials:
        parser.error("argument --trials: not allowed with argument --apply")
    try:
        enter_checkout()
        print(_apply(words.study) if words.apply else _sweep(words.trials, words.workers, words.study))
    except KeyboardInterrupt:
        sys.exit("\ninterrupted; the next run goes on, the trial from its last epoch")
    except MienError as error:
        sys.exit(f"\n{error}")


def _apply(name: str | None) -> str:
    """In a checkout that no flow holds: one may have settings of its own in params.yaml, and would take ours away."""
    with only_run("python -m flows.sweep --apply", print):
        kept.put_back(print)
        return _apply_best(name)


def _apply_best(name: str | None) -> str:
    from flows.sweeping.hold import settings_now
    from mien.sweep.apply import apply_best
    from mien.sweep.study import load_study

    study = load_study(name or settings_now().name)
    best, changes = apply_best(study)
    said = [f"trial {best.place} of {study.study_name} ({best.value:.4f}): {best.drawn}"]
    return "\n".join([*said, *map(str, changes)] if changes else [*said, "params.yaml has these settings already"])


def _sweep(trials: int | None, workers: int | None, study: str | None) -> str:
    from prefect import tags

    from flows.server import TAG, check_server
    from flows.sweep import sweep

    check_server()
    with tags(TAG):
        state = sweep(trials=trials, workers=workers, study=study, return_state=True)
    if not state.is_completed():
        raise FlowError(str(state.message))
    return str(state.message)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from 1 on")
    return int(text)


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r}: letters, digits, '.', '_' and '-' only")
    return text
