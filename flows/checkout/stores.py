"""What a run needs besides the checkout: a DVC remote, the tracking server. Whether they are there and answer."""

from typing import TYPE_CHECKING

from flows.errors import FlowError, PassingError
from tasks.tracking.store import shown, silence, tracking_uri

if TYPE_CHECKING:
    from dvc.data_cloud import Remote


def check_remote(name: str | None = None) -> bool:
    """Whether there is such a remote (DVC's default one without a name); it has answered then.

    Raises:
        PassingError: it does not answer, or a folder is not there (a share that is not mounted, say).
        FlowError: it is configured wrongly.
    """
    from dvc.config import ConfigError
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    called = f"the DVC remote {name!r}"
    try:
        repo = Repo(_wait_for_lock=True)
        if not name:
            name = repo.config["core"].get("remote")
            called = f"DVC's default remote {name!r}"
        if not name:
            return False
        _check_there(repo.cloud.get_remote(name), name, called)
    except (ConfigError, DvcException) as error:
        raise FlowError(f"{called} cannot be used: {error}. `dvc remote list` shows what is set.") from error
    except OSError as error:
        raise PassingError(f"{called} does not answer: {error}. Nothing was run.") from error
    return True


def _check_there(store: "Remote", name: str, called: str) -> None:
    """A folder must exist; S3 and the like only have to answer, as an empty one has no folders."""
    if store.fs.exists(store.path) or store.fs.protocol != "local":
        return
    raise PassingError(
        f"{called} is not there: {store.path}. Mount it, correct it (`dvc remote modify {name} url ...`), or make "
        "the folder if it is new. Nothing was run."
    )


def check_tracking() -> None:
    """See that the tracking server answers; a store of this machine needs none.

    Raises:
        PassingError: it does not.
    """
    uri = tracking_uri()
    if error := silence(uri):
        raise PassingError(
            f"the tracking server {shown(uri)} (MLFLOW_TRACKING_URI) does not answer: {error}. "
            "Start it, correct the address, or unset MLFLOW_TRACKING_URI to log to mlflow.db. Nothing was run."
        )
