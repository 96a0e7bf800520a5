"""Errors whose message is meant for the person at the keyboard: a stage prints them without a traceback."""


class MienError(Exception):
    """Something that the user can mend: the message says what was wrong, where, what was received, what to do."""


class ParamsError(MienError):
    """params.yaml does not validate."""


class DataError(MienError):
    """The data cannot be read, or are not what a stage needs."""


class ExpectationError(MienError):
    """A critical expectation on the data was not met."""


class TrainingError(MienError):
    """Training cannot start or go on: bad checkpoint, loss that is not a number, impossible device."""


class SweepError(MienError):
    """A sweep cannot start or go on, or none of its trials has come to an end."""


class TrackingError(MienError):
    """The MLflow store does not answer, or holds something else than expected."""
