"""Going back to the champion before. Quick: neither Prefect nor TensorFlow is imported."""

from flows.promotion.ending import ROLLED_BACK, Ending
from mien.params import load_params
from tasks.registry.entry import Registry
from tasks.registry.moves import roll_back
from tasks.tracking.store import open_store


def open_registry(model_name: str | None) -> Registry:
    """The registered model of this name; without one that of params.yaml.

    Raises:
        TrackingError: the store does not answer.
        ParamsError: params.yaml is needed and does not validate.
    """
    return Registry(open_store(), model_name or load_params().register_.model_name)


def restore_previous(model_name: str | None) -> Ending:
    """Give the alias `champion` back to the version that had it before.

    Raises:
        TrackingError: there is no such version, the aliases are just being moved, or the store does not answer.
    """
    registry = open_registry(model_name)
    gone, restored = roll_back(registry, registry.standing())
    return Ending(
        ROLLED_BACK,
        f"version {restored} of {registry.name!r} is champion again; version {gone} is not promoted any more unless "
        "its tag promotion.decision is deleted",
    )
