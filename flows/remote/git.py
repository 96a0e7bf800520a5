"""git as a child process that never asks and never waits for ever."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from flows.errors import FlowError, PassingError

TIMEOUT_SECONDS = 300.0

OUTAGE = re.compile(
    r"[Cc]ould not resolve|[Cc]onnection (refused|reset|timed out|closed)|[Oo]peration timed out|unreachable|"
    r"[Ff]ailed to connect|[Cc]ouldn't connect|returned error: 5\d\d|hung up unexpectedly|early EOF"
)
"""How git, curl and ssh say what may be over in a minute."""

FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")
"""Set for hooks of git; they would lead us into another repository."""


def git(*words: str, folder: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """What `git` with these words says in a checkout (the working directory by default), stripped.

    Raises:
        PassingError: a server that did not answer, or not in time.
        FlowError: anything else that git refuses.
    """
    clean = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    quiet = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": _ssh()}
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=folder,
            env={**clean, **quiet, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise FlowError("there is no git on this machine's PATH: install it.") from error
    except subprocess.TimeoutExpired as error:
        raise PassingError(f"`git {words[0]}` did not end within {TIMEOUT_SECONDS:.0f} s.") from error
    if done.returncode:
        kind = PassingError if OUTAGE.search(done.stderr) else FlowError
        said = without_password(done.stderr.strip()) or f"exit code {done.returncode}"
        raise kind(f"`git {words[0]}` failed: {said}")
    return done.stdout.strip()


def without_password(text: str) -> str:
    """The text with user and password in its addresses as stars; a token stands in the place of the user."""
    return re.sub(r"(\w://)[^/@\s]+@", r"\1***@", text)


def _ssh() -> str:
    """An ssh that fails where it would ask for a password, unless the person has one of their own."""
    return os.environ.get("GIT_SSH_COMMAND") or "ssh -o BatchMode=yes -o ConnectTimeout=20"
