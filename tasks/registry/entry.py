"""A registered model: its versions, their tags, and which version each alias names."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.errors import TrackingError
from tasks.tracking.store import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"


@dataclass(frozen=True)
class Version:
    """A version, by its number as MLflow writes it; `run_id` is the run that logged the model."""

    number: str
    tags: Mapping[str, str]
    run_id: str | None


@dataclass(frozen=True)
class Standing:
    """Numbers of the versions that the aliases name."""

    champion: str | None
    challenger: str | None
    previous: str | None


class Registry:
    """The registered model `name` of a store."""

    def __init__(self, store: Store, name: str) -> None:
        self.store, self.name = store, name

    @property
    def client(self) -> "MlflowClient":
        """MLflow's own client."""
        return self.store.client

    def standing(self) -> Standing:
        """Which versions the aliases name now, read in one call.

        Raises:
            TrackingError: nothing is registered under this name, or the store does not answer.
        """
        with answering(
            self.store, f"nothing is registered as {self.name!r}: the pipeline registers a model at its end"
        ):
            aliases = self.client.get_registered_model(self.name).aliases
        # A database gives numbers where a server gives text.
        numbers = {alias: str(number) for alias, number in aliases.items()}
        return Standing(*(numbers.get(alias) for alias in (CHAMPION, CHALLENGER, PREVIOUS)))

    def version(self, number: str) -> Version:
        """A version and its tags.

        Raises:
            TrackingError: there is no such version, or the store does not answer.
        """
        with answering(self.store, f"there is no version {number} of {self.name!r}"):
            found = self.client.get_model_version(self.name, number)
        return Version(str(found.version), dict(found.tags), found.run_id or None)

    def tag(self, number: str, tags: Mapping[str, str]) -> None:
        """Set tags of a version, one after the other."""
        with answering(self.store, f"there is no version {number} of {self.name!r}"):
            for key, value in tags.items():
                self.client.set_model_version_tag(self.name, number, key, value)

    def untag(self, version: Version, *keys: str) -> None:
        """Remove those of the tags that the version has."""
        with answering(self.store, f"there is no version {version.number} of {self.name!r}"):
            for key in version.tags.keys() & set(keys):
                self.client.delete_model_version_tag(self.name, version.number, key)

    def point(self, alias: str, number: str | None) -> None:
        """Have an alias name another version, or none; MLflow does it in one step."""
        with answering(self.store, f"there is no version {number} of {self.name!r}"):
            if number is None:
                self.client.delete_registered_model_alias(self.name, alias)
            else:
                self.client.set_registered_model_alias(self.name, alias, number)


@contextmanager
def answering(store: Store, missing: str) -> Iterator[None]:
    """Turn MLflow's errors into ours; `missing` says what it means when it does not find something.

    Raises:
        TrackingError: instead of MLflow's error.
    """
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            raise TrackingError(f"{missing}. Looked in {store.shown}.") from error
        reason = " ".join(str(error).split())[:300]
        raise TrackingError(f"the registry in {store.shown} does not work: {reason}") from error
