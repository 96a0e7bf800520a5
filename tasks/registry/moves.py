"""Moving the alias `champion`: promotion, rollback, and finishing what a kill has left half done.

The alias `champion` is the truth and moves in one step. What is needed to finish is written before it (tag
`promotion.replaces`), what follows from it after: `settle` can be called at any time and as often as one likes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mien.errors import TrackingError
from tasks.registry.entry import CHALLENGER, CHAMPION, PREVIOUS, Registry, Standing, Version, answering
from tasks.registry.lock import promotion_lock

DECISION = "promotion.decision"
REPLACES = "promotion.replaces"
TIME, REASONS, FIGURES = "promotion.time", "promotion.reasons", "promotion.figures"
ROLLED_BACK_TIME = "promotion.rolled_back_time"
REPLACED = "promotion.replaced_"
REPLACED_BY = f"{REPLACED}by"
PROMOTING, PROMOTED, ROLLED_BACK = "promoting", "promoted", "rolled back"
NOBODY = "none"
"""What the first champion replaces."""


class ChangedError(TrackingError):
    """The aliases are no longer those that were judged."""


@dataclass(frozen=True)
class Evidence:
    """Why a version is promoted: lines for people, and figures as JSON; both become tags."""

    reasons: str
    figures: str


def promote(registry: Registry, judged: Standing, evidence: Evidence) -> None:
    """Make the challenger that was judged the champion, if both are still the same.

    Raises:
        ChangedError: champion or challenger changed since; nothing is written.
        TrackingError: the store does not answer. The champion is the old or the new one; the next call finishes.
    """
    with promotion_lock(registry) as lease:
        now = registry.standing()
        _check_same(registry, CHAMPION, judged.champion, now.champion)
        _check_same(registry, CHALLENGER, judged.challenger, now.challenger)
        challenger = _challenger(judged)
        registry.tag(
            challenger,
            {
                REPLACES: judged.champion or NOBODY,
                TIME: _now(),
                REASONS: evidence.reasons,
                FIGURES: evidence.figures,
                DECISION: PROMOTING,
            },
        )
        lease.check()
        registry.point(CHAMPION, challenger)
        _settle(registry)


def settle(registry: Registry) -> None:
    """Finish what a promotion or a rollback that was killed has left half done; nothing where there is nothing."""
    with promotion_lock(registry):
        _settle(registry)


def roll_back(registry: Registry, seen: Standing) -> tuple[str, str]:
    """Give the alias `champion` back to the version that the champion replaced.

    Args:
        registry: the registered model.
        seen: the aliases as they were when the rollback was asked for: two of them at once go back one step.

    Returns:
        The number of the version that is no longer champion, and of the one that is. A rollback that was killed
        after its step is finished, and not followed by another one.

    Raises:
        ChangedError: the champion changed meanwhile; nothing is written.
        TrackingError: no champion, or none before it.
    """
    with promotion_lock(registry) as lease:
        now = registry.standing()
        _check_same(registry, CHAMPION, seen.champion, now.champion)
        champion = _champion(registry, now)
        if now.previous == now.champion and champion.tags.get(DECISION) != PROMOTING:
            gone = champion.tags.get(REPLACED_BY, "unknown")
            _settle(registry)
            return gone, champion.number
        _settle(registry)
        target = _target(registry, champion)
        registry.tag(champion.number, {DECISION: ROLLED_BACK, ROLLED_BACK_TIME: _now()})
        lease.check()
        registry.point(CHAMPION, target.number)
        _settle(registry)
        return champion.number, target.number


def _check_same(registry: Registry, alias: str, before: str | None, now: str | None) -> None:
    if now != before:
        raise ChangedError(
            f"the alias {alias!r} of {registry.name!r} was moved meanwhile, from version {before or NOBODY} to "
            f"{now or NOBODY}. Nothing was changed."
        )


def _settle(registry: Registry) -> None:
    """Make aliases and tags follow from the alias `champion` and the champion's tag `promotion.replaces`."""
    now = registry.standing()
    if now.champion is None:
        return
    champion = registry.version(now.champion)
    before = _before(registry, champion, now)
    previous = before.number if before else None
    if previous != now.previous:
        registry.point(PREVIOUS, previous)
    _settle_tags(registry, champion, before)


def _before(registry: Registry, champion: Version, now: Standing) -> Version | None:
    """The version that the champion replaced: the tag knows, else the alias; None where there is none any more."""
    number = champion.tags.get(REPLACES, now.previous)
    if number in (None, NOBODY, champion.number):
        return None
    return _find(registry, str(number))


def _settle_tags(registry: Registry, champion: Version, before: Version | None) -> None:
    """The champion is not replaced and not rolled back; who it replaced says so. The decision comes last."""
    registry.untag(champion, ROLLED_BACK_TIME, *_replaced(champion.number, champion.tags))
    if champion.tags.get(DECISION) not in (PROMOTING, ROLLED_BACK):
        return
    if before is not None:
        registry.tag(before.number, _replaced(champion.number, champion.tags))
    registry.tag(champion.number, {DECISION: PROMOTED})


def _replaced(by: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Tags of a version that another one has replaced, taken from that one's."""
    known = {name: tags.get(f"promotion.{name}", "") for name in ("time", "reasons", "figures")}
    return {REPLACED_BY: by, **{f"{REPLACED}{name}": text for name, text in known.items()}}


def _champion(registry: Registry, now: Standing) -> Version:
    if now.champion is None:
        raise TrackingError(f"{registry.name!r} has no champion: there is nothing to roll back.")
    return registry.version(now.champion)


def _challenger(judged: Standing) -> str:
    if judged.challenger is None:
        raise TrackingError("there is no challenger to promote.")
    return judged.challenger


def _target(registry: Registry, champion: Version) -> Version:
    """Where a rollback leads; the alias has been settled."""
    previous = registry.standing().previous
    if previous is None:
        raise TrackingError(
            f"version {champion.number} of {registry.name!r} replaced none that is still there: no previous version to "
            "go back to. Any version can be made champion by hand in MLflow's UI."
        )
    return registry.version(previous)


def _find(registry: Registry, number: str) -> Version | None:
    """A version; None where it has been deleted."""
    with answering(registry.store, f"nothing is registered as {registry.name!r}"):
        found = registry.client.search_model_versions(f"name = '{registry.name}' AND version_number = {number}")
    return registry.version(number) if found else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
