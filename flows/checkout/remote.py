"""The default remote of DVC: whether there is one, and whether it can be reached."""

from flows.errors import FlowError, PassingError


def check_default_remote() -> bool:
    """Whether a default remote is configured; it has answered then.

    Raises:
        PassingError: it does not answer, or a folder is not there (a share that is not mounted, say).
        FlowError: it is configured wrongly.
    """
    from dvc.config import ConfigError, NoRemoteError
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        repo = Repo(_wait_for_lock=True)
        if not repo.config["core"].get("remote"):
            return False
        name = repo.config["core"]["remote"]
        remote = repo.cloud.get_remote_odb(name)
        there = remote.fs.exists(remote.path)
    except (NoRemoteError, ConfigError, DvcException) as error:
        raise FlowError(
            f"DVC's default remote cannot be used: {error}. `dvc remote list` shows what is set."
        ) from error
    except OSError as error:
        raise PassingError(f"DVC's default remote {name!r} does not answer: {error}. Nothing was run.") from error
    if not there:
        raise PassingError(
            f"DVC's default remote {name!r} is not there: {remote.path}. Mount it, correct it "
            f"(`dvc remote modify {name} url ...`), or push to it once if it is new (`dvc push`). Nothing was run."
        )
    return True
