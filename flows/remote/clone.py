"""The worker's own clone: nobody edits it, so it can be made to hold exactly one commit.

What git ignores stays in it between runs, the checkpoints of a training that was cut off above all.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from flows.checkout.lock import only_run
from flows.errors import FlowError
from flows.remote.git import git, without_password
from flows.remote.meeting import DvcRemote, dvc_config, dvc_remote, git_url

CLONE = Path(".mien/worker")
STAGE = re.compile(r"tasks\.\w+|flows\.checkout\.program")
"""What a run starts in the clone, as a word of the command."""

LEFT_OVER_SECONDS = 20.0
"""How long the stage of a killed run may take to end its MLflow run."""

Tell = Callable[[str], None]


@contextmanager
def own_clone(key: str, commit: str, ref: str, tell: Tell) -> Iterator[DvcRemote]:
    """Be in a clone of this checkout that holds `commit` and nobody else uses; yields its DVC remote.

    Args:
        key: who uses it, for the next one who waits.
        commit: SHA of the commit.
        ref: where the git remote has it.
        tell: takes lines for people.

    Raises:
        PassingError: the git remote does not answer.
        FlowError: the remote does not have the commit, or one of the remotes is not set up here.
    """
    url, remote = git_url(), dvc_remote()
    with only_run(key, tell, "worker"):
        _end_left_over(CLONE.resolve())
        checkout = Path.cwd()
        _take_code(CLONE.resolve(), url, commit, ref)
        _configure_dvc(CLONE.resolve(), remote)
        os.chdir(CLONE)
        try:
            yield remote
        finally:
            os.chdir(checkout)


def _end_left_over(folder: Path) -> None:
    """Wait for processes that a killed run has left in the clone, and kill them when they stay."""
    limit = time.monotonic() + LEFT_OVER_SECONDS
    while (left := _processes_in(folder)) and time.monotonic() < limit:
        time.sleep(0.5)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _processes_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            ours = any(STAGE.fullmatch(word) for word in process.cmdline())
            if ours and Path(process.cwd()).is_relative_to(folder):
                found.append(process)
    return found


def _take_code(folder: Path, url: str, commit: str, ref: str) -> None:
    if not (folder / ".git").exists():
        git("init", "--quiet", os.fspath(folder))
    git("config", "remote.origin.url", url, folder=folder)
    shown = without_password(url)
    try:
        git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", ref, folder=folder)
    except FlowError as error:
        if "find remote ref" not in str(error):
            raise
        raise FlowError(f"{ref} is not on the git remote {shown}: push it, or start the run anew.") from error
    found = git("rev-parse", "FETCH_HEAD", folder=folder)
    if found != commit:
        raise FlowError(f"{ref} on the git remote {shown} is {found}, not {commit}: somebody has moved it.")
    git("checkout", "--quiet", "--detach", "--force", commit, folder=folder)
    git("clean", "-ffdq", folder=folder)


def _configure_dvc(folder: Path, remote: DvcRemote) -> None:
    """This checkout's own settings (credentials), its cache and its remote, for the clone alone."""
    ours = dvc_config(Path())
    theirs = dvc_config(folder)
    with theirs.edit("local") as local:
        local.clear()
        local.update(ours.read("local"))
        local["remote"].update(ours["remote"])
        local["core"]["remote"] = remote.name
        local["cache"]["dir"] = ours["cache"].get("dir") or str(Path(".dvc/cache").resolve())
    Path(theirs.files["local"]).chmod(0o600)
