"""Errors of the flows; their messages are for people, as those of `mien.errors`."""

from mien.errors import MienError


class FlowError(MienError):
    """A flow cannot start or go on."""


class PassingError(FlowError):
    """What may work in a while: a server or a remote that does not answer. The only kind that is tried again."""
