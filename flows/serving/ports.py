"""Whether a port is free, and who has it."""

import socket

import psutil

from flows.errors import FlowError

LOOPBACK = "127.0.0.1"
MAX_PORT = 65535


def port(text: str) -> int:
    """Read a port number from the command line.

    Raises:
        ValueError: it is none, which argparse tells.
    """
    number = int(text)
    if not 1 <= number <= MAX_PORT:
        raise ValueError(text)
    return number


def check_free(number: int, user: str, option: str) -> None:
    """See that a server can listen on a port of the loopback interface.

    Args:
        number: of the port.
        user: who wants it, for people.
        option: the command-line option that names another one.

    Raises:
        FlowError: it is taken, and by whom.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, number))
        except OSError as error:
            raise FlowError(
                f"the {user} cannot listen on port {number}: {_holder(number) or error}. "
                f"End that, or take another port: {option} NUMBER."
            ) from error


def _holder(number: int) -> str | None:
    """The process that listens on a port; None where this user may not see it."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and getattr(connection.laddr, "port", None) == number and connection.pid:
                command = " ".join(psutil.Process(connection.pid).cmdline())
                return f"process {connection.pid} has it ({command[:200]})"
    except psutil.Error:  # macOS shows connections to root only
        return None
    return None
