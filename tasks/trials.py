"""`python -m tasks.trials STUDY --trials N`: run trials of a study until so many have ended; no stage.

Several of these may work on one study. Killed at any moment, the next one goes on with the trial that it was at.
"""

import argparse
import logging
import platform
import sys

from mien.errors import MienError, SweepError, TrackingError
from mien.sweep.budget import Budget
from mien.sweep.settings import data_digest
from mien.sweep.study import KEY, load_study, settings_of
from mien.training.data import load_data
from tasks.processes import end_with_parent
from tasks.quiet import load_keras
from tasks.stage import TRY_AGAIN, stage_folder
from tasks.tracking.passes import process_lives, process_mark
from tasks.tracking.sweep import join_sweep
from tasks.tracking.trials import TrackedTrials


def run_trials(name: str, budget: Budget) -> None:
    """Run the trials of the study `name` that the budget still allows.

    Raises:
        SweepError: no such study here, or other faces than those it was begun with.
        DataError: the faces cannot be learnt from.
        TrackingError: the tracking store does not answer, before any work.
    """
    study = load_study(name)
    settings = settings_of(study)
    data = load_data(
        *(stage_folder(stage) for stage in ("ingest", "split", "augment")), affect=settings.train.affect is not None
    )
    if data_digest(data) != settings.data:
        raise SweepError(
            f"the faces in {stage_folder('augment').parent.resolve()} are not those that the study {name!r} was begun "
            "with. Prepare the same ones here (`python -m flows.pipeline augment` with the same data and params.yaml)."
        )
    sweep = join_sweep(study.user_attrs[KEY], settings.sweep.metric)
    load_keras()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # each trial is a network of its own: no need to warn
    from mien.sweep.trials import Runner, Worker

    worker = Worker(f"{platform.node()} {process_mark()}", _lives)
    Runner(study, data, worker, TrackedTrials(sweep), _tell).run(budget)


def _lives(process: str) -> bool:
    """Whether the process that runs a trial is there; of one on another machine the storage knows it."""
    host, _, mark = process.partition(" ")
    return host != platform.node() or process_lives(mark)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """The program; exit code 1 and a message where it cannot go on."""
    parser = argparse.ArgumentParser(prog="python -m tasks.trials", description="Run trials of a study.")
    parser.add_argument("study")
    parser.add_argument("--trials", type=int, required=True, help="until so many have ended")
    parser.add_argument("--until", type=float, help="begin none later (seconds since 1970)")
    words = parser.parse_args()
    end_with_parent()
    try:
        run_trials(words.study, Budget(words.trials, words.until))
    except MienError as error:
        print(f"\ntrials failed: {error}", file=sys.stderr)
        sys.exit(TRY_AGAIN if isinstance(error, TrackingError) else 1)


if __name__ == "__main__":
    main()
