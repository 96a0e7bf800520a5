"""Where the pipeline and the worker of pool `gpu` meet when both are on this machine.

A bare git repository takes the commits that the pipeline sends, a folder is the DVC remote for data and results: the
same two things that stand between two machines.
"""

import subprocess

from flows.checkout.child import run_dvc
from flows.remote.meeting import DVC_REMOTE, EXCHANGE, GIT_REMOTE

GIT, DVC = EXCHANGE / "git", EXCHANGE / "dvc"
REMOTE = "exchange"
"""Name of the DVC remote in .dvc/config.local; never the default one."""


def make_exchange() -> dict[str, str]:
    """Make both where they are missing; returns the environment of the programs that meet there."""
    DVC.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "--quiet", "--bare", str(GIT)], check=True)
    run_dvc("remote", "add", "--local", "--force", "--quiet", REMOTE, str(DVC.resolve()))
    return {GIT_REMOTE: str(GIT.resolve()), DVC_REMOTE: REMOTE}
