"""What bringing a stage up to date came to, read from the lines of DVC and of the stage itself.

The lines are those of the pinned DVC; the API does not tell a stage that ran from one that was restored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flows.checkout.child import CommandFailedError
from flows.errors import FlowError, PassingError
from tasks.stage import TRY_AGAIN

EXECUTED, CACHED, RESTORED = "Executed", "Cached", "Restored"

RAN = re.compile(r"^Running stage '.*':|^Verifying data sources in stage")
EXIT = re.compile(r"failed to run: .*, exited with (-?\d+)")
PASSING = re.compile(
    r"is busy, it is being blocked by|Unable to acquire lock|"
    r"timed? ?out|[Cc]onnection|[Cc]ould not connect|[Uu]nable to connect|[Uu]nreachable|[Tt]emporar"
)
"""How DVC and the libraries of its remotes say what may be over in a minute."""


@dataclass(frozen=True)
class Result:
    """`name` is EXECUTED, CACHED or RESTORED; `seconds` is wall time."""

    stage: str
    name: str
    message: str
    seconds: float
    failed: bool = False


def kind(lines: Sequence[str]) -> str:
    """EXECUTED where the lines of `dvc repro` say that the stage ran, else RESTORED."""
    return EXECUTED if any(RAN.match(line) for line in lines) else RESTORED


def explain(stage: str, error: CommandFailedError) -> FlowError:
    """The reason in the stage's own words where it has said one, and whether another try may help."""
    said = _own_words(stage, error.lines)
    ended = EXIT.search("\n".join(error.lines))
    if ended:
        code = int(ended[1])
        message = said or f"{stage} ended with exit code {code}{_signal_name(code)}:\n{_tail(error.lines)}"
        return PassingError(message) if code == TRY_AGAIN else FlowError(message)
    message = said or f"{stage}: {error}"
    return PassingError(message) if error.code == TRY_AGAIN or PASSING.search(message) else FlowError(message)


def _own_words(stage: str, lines: Sequence[str]) -> str:
    """From `<stage> failed:` to what DVC says next."""
    for number, line in enumerate(lines):
        if line.startswith(f"{stage} failed: "):
            rest = [text for text in lines[number:] if not text.startswith("ERROR: ")]
            return "\n".join(rest)
    return ""


def _signal_name(code: int) -> str:
    """What stands behind an exit code that a signal has caused."""
    names = {
        137: " (killed: out of memory, or by hand)",
        -9: " (killed)",
        143: " (asked to end)",
        -15: " (asked to end)",
    }
    return names.get(code, "")


def _tail(lines: Sequence[str]) -> str:
    return "\n".join(lines[-12:])
