"""Whether a port is free, and who has it."""

import socket

import psutil

from flows.errors import FlowError

LOOPBACK = "127.0.0.1"


def check_free(port: int, user: str, option: str) -> None:
    """See that a server can listen on a port of the loopback interface.

    Args:
        port: its number.
        user: who wants it, for people.
        option: the command-line option that names another one.

    Raises:
        FlowError: it is taken, and by whom.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise FlowError(
                f"the {user} cannot listen on port {port}: {_holder(port) or error}. "
                f"End that, or take another port: {option} NUMBER."
            ) from error


def _holder(port: int) -> str | None:
    """The process that listens on a port; None where this user may not see it."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and getattr(connection.laddr, "port", None) == port and connection.pid:
                command = " ".join(psutil.Process(connection.pid).cmdline())
                return f"process {connection.pid} has it ({command[:200]})"
    except psutil.Error:  # macOS shows connections to root only
        return None
    return None
