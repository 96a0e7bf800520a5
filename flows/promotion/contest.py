"""The promotion from start to end: judge, ask a person where that is wanted, move the alias; again if it was moved."""

from collections.abc import Callable

from flows.errors import FlowError
from flows.promotion.ending import KEPT, PROMOTED, Ending
from flows.promotion.page import headline, page
from flows.promotion.trial import Trial
from mien.errors import TrackingError
from tasks.registry.entry import Registry, Standing, answering
from tasks.registry.moves import DECISION, ROLLED_BACK, ChangedError, promote, settle

ATTEMPTS = 3


def compete(
    registry: Registry,
    judge: Callable[[Standing], Trial],
    approve: Callable[[Trial], None],
    tell: Callable[[str], None],
) -> Ending:
    """Promote the challenger if it passes. Failing, it leaves the registry as it was.

    Args:
        registry: the registered model.
        judge: holds the trial of these aliases and shows it.
        approve: returns when the promotion may go on.
        tell: takes lines for people.

    Raises:
        FlowError: the aliases were moved by others each time before the promotion was done.
        TrackingError: no challenger, or the store does not answer.
    """
    for _ in range(ATTEMPTS):
        standing = registry.standing()
        if ending := _settled(registry, standing):
            return ending
        trial = judge(standing)
        if not trial.verdict.passed:
            return Ending(KEPT, f"{headline(trial)}; nothing was changed")
        approve(trial)
        try:
            promote(registry, standing, trial.evidence)
        except ChangedError as error:
            tell(f"{error} Judging again.")
            continue
        _keep_page(registry, trial, tell)
        return Ending(PROMOTED, f"{headline(trial)}; it is champion now")
    raise FlowError(
        f"the aliases of {registry.name!r} were moved {ATTEMPTS} times while models were judged. Nothing was changed; "
        "try again when no other promotion runs."
    )


def _settled(registry: Registry, standing: Standing) -> Ending | None:
    """Why there is nothing to judge, if so; what a killed promotion has left half done is finished on the way."""
    if standing.challenger is None:
        raise TrackingError(
            f"{registry.name!r} has no challenger: a model that passes the gates of the stage `register` becomes one."
        )
    if standing.challenger == standing.champion:
        settle(registry)
        return Ending(KEPT, f"version {standing.champion} of {registry.name!r} is champion already; nothing to promote")
    if registry.version(standing.challenger).tags.get(DECISION) == ROLLED_BACK:
        return Ending(
            KEPT,
            f"version {standing.challenger} of {registry.name!r} was rolled back; it is not promoted again unless its "
            f"tag {DECISION} is deleted",
        )
    return None


def _keep_page(registry: Registry, trial: Trial, tell: Callable[[str], None]) -> None:
    """Put the page with the run that the model comes from; what cannot be kept does not undo the promotion."""
    run = registry.version(trial.challenger).run_id
    if run is None:
        return
    try:
        with answering(registry.store, f"run {run} of version {trial.challenger} is gone"):
            registry.client.log_text(run, page(trial), f"promotion/version-{trial.challenger}.md")
    except TrackingError as error:
        tell(f"the page is not kept with the run: {error}")
