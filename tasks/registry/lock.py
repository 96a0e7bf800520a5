"""One change of the aliases at a time, also from machines that have only the MLflow server in common.

MLflow moves an alias without asking where it was, but the name of a registered model is unique in its database:
whoever makes `<name>.promotion-lock` holds the lock, and deletes it afterwards. The holder may write for
`LEASE_SECONDS`. A lock is abandoned when its holder was a process of this machine that is gone, or when it has been
seen unchanged for `ABANDONED_SECONDS` by one clock: the clocks of two machines are never compared.

An abandoned lock is renamed to a name that its holder's mark makes, not deleted. Who found it abandoned, but is slow,
then cannot take away the lock of somebody who was quicker: the name is taken.
"""

import platform
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.errors import TrackingError
from tasks.registry.entry import Registry, answering
from tasks.tracking.passes import process_lives, process_mark

if TYPE_CHECKING:
    from mlflow.entities.model_registry import RegisteredModel

ABANDONED_SECONDS = 60.0
LEASE_SECONDS = 30.0
WAIT_SECONDS = 120.0
POLL_SECONDS = 0.2
KEPT_SECONDS = 3600.0
"""How long an abandoned lock keeps its name taken: longer than any process is that slow."""


@dataclass(frozen=True)
class Lease:
    """The right to change aliases until a moment of this process's clock."""

    until: float

    def check(self) -> None:
        """See that there is still time, right before a write. Raises TrackingError when there is not."""
        if time.monotonic() > self.until:
            raise TrackingError(
                f"the registry took longer than {LEASE_SECONDS:g} s. The champion is as it was; try again."
            )


@dataclass(frozen=True)
class Holder:
    """Who made the lock: a mark of its own, machine and process."""

    mark: str
    host: str
    process: str

    @property
    def is_gone(self) -> bool:
        """Whether it was a process of this machine that has ended."""
        return self.host == platform.node() and not process_lives(self.process)


@contextmanager
def promotion_lock(registry: Registry) -> Iterator[Lease]:
    """Hold the lock of a registered model; waits for whoever holds it.

    Raises:
        TrackingError: it is not to be had within `WAIT_SECONDS`, or the store does not answer.
    """
    name = f"{registry.name}.promotion-lock"
    lease, made = _acquire(registry, name)
    try:
        yield lease
    finally:
        # Later than that it may be somebody else's already.
        if time.monotonic() < lease.until:
            _release(registry, name, made)


def _acquire(registry: Registry, name: str) -> "tuple[Lease, RegisteredModel]":
    started = seen_since = time.monotonic()
    seen: Holder | None = None
    while True:
        now = time.monotonic()
        if made := _make(registry, name):
            return Lease(now + LEASE_SECONDS), made
        holder = _holder(registry, name)
        if holder != seen:
            seen, seen_since = holder, now
        if holder and (holder.is_gone or now - seen_since > ABANDONED_SECONDS):
            _set_aside(registry, name, holder)
        elif now - started > WAIT_SECONDS:
            raise TrackingError(
                f"the aliases of {registry.name!r} are being changed by {_shown(holder)}, for {WAIT_SECONDS:g} s now. "
                "Nothing was changed; try again."
            )
        else:
            time.sleep(POLL_SECONDS)


def _make(registry: Registry, name: str) -> "RegisteredModel | None":
    """The lock, if it is ours now. One transaction: name and tags are there together."""
    from mlflow.exceptions import MlflowException

    tags = {"lock.mark": uuid.uuid4().hex, "lock.host": platform.node(), "lock.process": process_mark()}
    text = f"Held while the aliases of {registry.name} are changed; goes away by itself."
    try:
        return registry.client.create_registered_model(name, tags, text)
    except MlflowException as error:
        # The latter when it was deleted while MLflow made the error message.
        if error.error_code in ("RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST"):
            return None
        raise TrackingError(f"no promotion lock in {registry.store.shown}: {str(error).splitlines()[0]}") from error


def _holder(registry: Registry, name: str) -> Holder | None:
    """Who holds the lock; None where it has just been released."""
    from mlflow.exceptions import MlflowException

    try:
        tags = registry.client.get_registered_model(name).tags
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise TrackingError(f"no promotion lock in {registry.store.shown}: {str(error).splitlines()[0]}") from error
    return Holder(*(tags.get(f"lock.{key}", "unknown") for key in ("mark", "host", "process")))


def _set_aside(registry: Registry, name: str, holder: Holder) -> None:
    """Free the name of an abandoned lock; somebody else may have done it, then the renaming fails."""
    from mlflow.exceptions import MlflowException

    with suppress(MlflowException):
        registry.client.rename_registered_model(name, f"{name}.{holder.mark}")


def _release(registry: Registry, name: str, made: "RegisteredModel") -> None:
    """Delete the lock, and locks that were set aside long ago by the clock of the same server.

    What was done under the lock is done: an outage now leaves a lock behind that others set aside.
    """
    with suppress(TrackingError), answering(registry.store, "the lock is gone"):
        for old in registry.client.search_registered_models(f"name LIKE '{name}.%'"):
            if made.creation_timestamp - old.creation_timestamp > KEPT_SECONDS * 1000:
                registry.client.delete_registered_model(old.name)
        registry.client.delete_registered_model(name)


def _shown(holder: Holder | None) -> str:
    return f"process {holder.process.partition('@')[0]} on {holder.host}" if holder else "others, one after the other"
