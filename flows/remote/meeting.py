"""Where two machines meet: a git remote for the code, a DVC remote for data and results.

Each side may call them by names of its own: `MIEN_GIT_REMOTE` (name or URL, `origin` without) and `MIEN_DVC_REMOTE`
(name, DVC's default remote without).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import FlowError
from flows.remote.git import git

if TYPE_CHECKING:
    from dvc.config import Config

GIT_REMOTE, DVC_REMOTE = "MIEN_GIT_REMOTE", "MIEN_DVC_REMOTE"

EXCHANGE = Path(".mien/exchange")
"""Where a pipeline and a worker that share one checkout meet (`flows.serving.exchange`)."""


@dataclass(frozen=True)
class DvcRemote:
    """A DVC remote by name; `settings` is its section of DVC's configuration, with absolute paths."""

    name: str
    settings: Mapping[str, Any]

    @property
    def folder(self) -> Path | None:
        """The folder that the remote is, on this machine or a shared disk; None for S3, SSH and the like."""
        url = str(self.settings["url"])
        return None if "://" in url else Path(url)


def git_url(*, push: bool = False) -> str:
    """Address of the git remote of this checkout, with an absolute path where it is one.

    Args:
        push: the address to push to, where git is told another one for that.

    Raises:
        FlowError: no such remote.
    """
    name = os.environ.get(GIT_REMOTE) or "origin"
    known = git("remote").split()
    if name in known:
        return _absolute(git("remote", "get-url", *(["--push"] if push else []), name))
    if "/" in name or ":" in name:
        return _absolute(name)
    raise FlowError(
        f"no git remote {name!r} in {Path.cwd()} (known: {', '.join(known) or 'none'}): code meets a worker there. "
        f"`git remote add {name} ADDRESS`, or name another one in {GIT_REMOTE}."
    )


def _absolute(url: str) -> str:
    """A relative path counts from the checkout; a clone lies elsewhere."""
    is_path = "://" not in url and ":" not in url.split("/", 1)[0]
    return str(Path(url).expanduser().resolve()) if is_path else url


def dvc_remote() -> DvcRemote:
    """The DVC remote of this checkout that another machine sees too.

    Raises:
        FlowError: there is none, or it is of a kind that cannot do it.
    """
    config = dvc_config(Path())
    name = os.environ.get(DVC_REMOTE) or config["core"].get("remote")
    if not name or name not in config["remote"]:
        known = ", ".join(config["remote"]) or "none"
        raise FlowError(f"no DVC remote {name or '(no default one)'} (known: {known}). {_remedy()}")
    remote = DvcRemote(name, config["remote"][name])
    _check_shared(remote)
    return remote


def dvc_config(checkout: Path) -> "Config":
    """DVC's configuration of a checkout, all levels."""
    from dvc.config import Config, ConfigError

    try:
        return Config(str(checkout / ".dvc"))
    except ConfigError as error:
        raise FlowError(f"DVC's configuration of {checkout.resolve()} cannot be read: {error}") from error


def _check_shared(remote: DvcRemote) -> None:
    folder = remote.folder.resolve() if remote.folder else None
    if folder and folder.is_relative_to(Path.cwd()) and not folder.is_relative_to(EXCHANGE.resolve()):
        raise FlowError(
            f"the DVC remote {remote.name!r} is the folder {remote.folder} in this checkout, which no other machine "
            f"sees. {_remedy()}"
        )
    if str(remote.settings["url"]).startswith(("http://", "https://")):
        raise FlowError(
            f"the DVC remote {remote.name!r} is of kind http, where DVC has no run cache to bring results back. "
            f"{_remedy()}"
        )


def _remedy() -> str:
    return (
        "Add one that both machines reach (S3, SSH, a shared disk): `dvc remote add store ADDRESS`, and make it the "
        f"default or name it in {DVC_REMOTE}; or train in place with --local."
    )
