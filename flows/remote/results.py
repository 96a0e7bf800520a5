"""The result of a stage that was made somewhere else, taken through DVC's run cache."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import FlowError, PassingError

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import PipelineStage


def restore(stage: str, remote: str, expected: Mapping[str, str] | None = None) -> bool:
    """Take the outputs of a stage from a remote where its run cache knows them, and write them into dvc.lock.

    Nothing is ever run here; when there is no result, what is in the outputs' place stays.

    Args:
        stage: its name in dvc.yaml.
        remote: name of the DVC remote.
        expected: MD5 by path of the outputs that it must be; without, any result of the same inputs will do.

    Returns:
        Whether there was a result.

    Raises:
        PassingError: the remote does not answer.
        FlowError: it has the record of the result but not all of its files.
    """
    from dvc.exceptions import DvcException, FileTransferError
    from dvc.repo import Repo, lock_repo
    from dvc.stage.cache import RunCacheNotFoundError

    logging.getLogger("dvc").setLevel(logging.WARNING)  # it would say that it skips a run, which nobody has asked for
    repo = Repo(remote=remote, _wait_for_lock=True)
    try:
        with lock_repo(repo):
            return _restore(repo, stage, remote, expected)
    except RunCacheNotFoundError:
        return False
    except (FileTransferError, OSError) as error:
        raise PassingError(f"the result of {stage} cannot be taken from the DVC remote {remote!r}: {error}") from error
    except DvcException as error:
        raise FlowError(f"the result of {stage} on the DVC remote {remote!r} cannot be used: {error}") from error


def _restore(repo: "Repo", name: str, remote: str, expected: Mapping[str, str] | None) -> bool:
    repo.stage_cache.pull(remote)
    stage = repo.stage.load_one(name=name)
    if expected:
        _put_first(repo, stage, expected)
    _check_out(repo, stage)
    # The hashes of the dependencies are those by which the result was found: no `dvc repro` is needed, which would
    # train here if a file were changed in between.
    stage.save_outs()
    if expected and _made(stage) != dict(expected):
        return False
    stage.dump(update_pipeline=False)
    return True


def _check_out(repo: "Repo", stage: "PipelineStage") -> None:
    from dvc.exceptions import ConfirmRemoveError

    try:
        repo.stage_cache.restore(stage, pull=True)
    except ConfirmRemoveError:  # in the way is what a killed stage has left; the result itself is in the cache by now
        stage.remove_outs()
        repo.stage_cache.restore(stage, pull=True)


def _made(stage: "PipelineStage") -> dict[str, str]:
    return {out.def_path: str(out.hash_info.value) for out in stage.outs}


def made_by(stage: str) -> dict[str, str]:
    """MD5 of each output of a stage of this checkout, by path, as dvc.lock has it."""
    from dvc.repo import Repo

    return _made(Repo().stage.load_one(name=stage))


def _put_first(repo: "Repo", stage: "PipelineStage", expected: Mapping[str, str]) -> None:
    """Make the result with these outputs the newest in the run cache, which is the one that DVC takes.

    Otherwise chance decides when the same inputs were trained on twice: files come in no order from a remote. What
    dvc.lock says of the outputs is forgotten for the same reason.
    """
    from dvc_data.hashfile.hash_info import HashInfo

    for out in stage.outs:
        out.hash_info = HashInfo()
    for record in Path(repo.stage_cache.cache_dir).glob("*/*/*"):
        text = record.read_text(encoding="utf-8")
        if all(digest in text for digest in expected.values()):
            os.utime(record)
