import pytest

from mien.errors import TrackingError
from tasks.registry.entry import CHALLENGER, CHAMPION, PREVIOUS, Registry, Standing
from tasks.registry.moves import ChangedError, Evidence, promote, roll_back, settle
from tests.registry.conftest import snapshot

pytestmark = pytest.mark.slow

WHY = Evidence(reasons="better on the same faces", figures='{"gain": 0.03}')


def promoted(registry, version):
    """Make `version` challenger and then champion."""
    registry.point(CHALLENGER, version)
    promote(registry, registry.standing(), WHY)


def without_times(found):
    return {
        number: {key: "" if key.endswith("time") else value for key, value in tags.items()}
        for number, tags in found.items()
        if number != "standing"
    } | {"standing": found["standing"]}


class Killed(BaseException):
    """Stands for SIGKILL."""


class Dying(Registry):
    """Writes so many times and is then killed; a lock that it holds stays."""

    def __init__(self, registry, writes):
        super().__init__(registry.store, registry.name)
        self.left = writes

    @property
    def client(self):
        return Counted(self.store.client, self)


class Counted:
    def __init__(self, client, owner):
        self._client, self._owner = client, owner

    def __getattr__(self, name):
        if name.startswith(("set_", "delete_")):
            if self._owner.left == 0:
                raise Killed
            self._owner.left -= 1
        return getattr(self._client, name)


@pytest.fixture(autouse=True)
def _locks_of_the_killed_are_free_at_once(monkeypatch):
    monkeypatch.setattr("tasks.registry.lock.ABANDONED_SECONDS", 0.0)


def test_the_challenger_becomes_champion_and_the_champion_previous(registry):
    promote(registry, registry.standing(), WHY)
    assert registry.standing() == Standing(champion="2", challenger="2", previous="1")
    new, old = registry.version("2").tags, registry.version("1").tags
    assert new["promotion.decision"] == "promoted"
    assert new["promotion.replaces"] == "1"
    assert new["promotion.reasons"] == old["promotion.replaced_reasons"] == WHY.reasons
    assert new["promotion.figures"] == old["promotion.replaced_figures"] == WHY.figures
    assert new["promotion.time"] == old["promotion.replaced_time"]
    assert old["promotion.replaced_by"] == "2"


def test_the_first_champion_replaces_nobody(registry):
    registry.point(CHAMPION, None)
    promote(registry, registry.standing(), WHY)
    assert registry.standing() == Standing(champion="2", challenger="2", previous=None)
    assert registry.version("2").tags["promotion.replaces"] == "none"
    with pytest.raises(TrackingError, match="no previous version"):
        roll_back(registry, registry.standing())


@pytest.mark.parametrize("alias", [CHAMPION, CHALLENGER])
def test_a_promotion_whose_models_are_no_longer_those_that_were_judged_writes_nothing(registry, alias):
    judged = registry.standing()
    registry.point(alias, "3")
    before = snapshot(registry)
    with pytest.raises(ChangedError, match=f"alias '{alias}' .* from version . to 3"):
        promote(registry, judged, WHY)
    assert snapshot(registry) == before


@pytest.mark.parametrize("writes", range(13))
def test_a_promotion_that_is_killed_leaves_the_old_or_the_new_champion_and_can_be_finished(registry, writes):
    judged = registry.standing()
    with pytest.raises(Killed):
        promote(Dying(registry, writes), judged, WHY)
    found = registry.standing()
    assert found.champion in ("1", "2")
    if found.champion == "1":
        assert found == judged
        promote(registry, found, WHY)
    else:
        settle(registry)
    assert registry.standing() == Standing(champion="2", challenger="2", previous="1")
    new, old = registry.version("2").tags, registry.version("1").tags
    assert (new["promotion.decision"], old["promotion.replaced_by"]) == ("promoted", "2")
    assert old["promotion.replaced_figures"] == WHY.figures


@pytest.mark.parametrize("writes", range(6, 13))
def test_a_rollback_after_a_promotion_that_was_killed_leads_to_the_version_before(registry, writes):
    with pytest.raises(Killed):
        promote(Dying(registry, writes), registry.standing(), WHY)
    assert roll_back(registry, registry.standing()) == ("2", "1")
    assert registry.standing() == Standing(champion="1", challenger="2", previous=None)


def test_settling_what_is_settled_changes_nothing(registry):
    promoted(registry, "2")
    promoted(registry, "3")
    before = snapshot(registry)
    settle(registry)
    assert snapshot(registry) == before


def test_a_champion_that_was_set_by_hand_keeps_its_aliases(registry):
    registry.point(PREVIOUS, "3")
    before = snapshot(registry)
    settle(registry)
    assert snapshot(registry) == before


def test_a_rollback_restores_the_version_before_and_says_so_in_the_tags(registry):
    promoted(registry, "2")
    promoted(registry, "3")
    assert roll_back(registry, registry.standing()) == ("3", "2")
    assert registry.standing() == Standing(champion="2", challenger="3", previous="1")
    assert registry.version("3").tags["promotion.decision"] == "rolled back"
    assert not [key for key in registry.version("2").tags if key.startswith("promotion.replaced_")]
    assert roll_back(registry, registry.standing()) == ("2", "1")
    with pytest.raises(TrackingError, match="no previous version"):
        roll_back(registry, registry.standing())


def test_a_rollback_believes_the_tag_and_not_an_alias_that_was_left_behind(registry):
    promoted(registry, "2")
    promoted(registry, "3")
    registry.point(PREVIOUS, "1")
    assert roll_back(registry, registry.standing()) == ("3", "2")
    assert registry.standing().previous == "1"


def test_without_a_tag_the_alias_previous_is_believed(registry):
    registry.point(PREVIOUS, "3")
    assert roll_back(registry, registry.standing()) == ("1", "3")
    assert registry.standing() == Standing(champion="3", challenger="2", previous=None)


def test_two_rollbacks_at_once_go_back_one_step(registry):
    promoted(registry, "2")
    promoted(registry, "3")
    seen = registry.standing()
    roll_back(registry, seen)
    with pytest.raises(ChangedError, match="from version 3 to 2"):
        roll_back(registry, seen)
    assert registry.standing().champion == "2"


@pytest.mark.parametrize("writes", range(9))
def test_a_rollback_that_is_killed_and_repeated_goes_back_one_step(registry, writes):
    promoted(registry, "2")
    promoted(registry, "3")
    with pytest.raises(Killed):
        roll_back(Dying(registry, writes), registry.standing())
    found = registry.standing()
    assert found.champion in ("2", "3")
    if found.previous != "1":
        assert roll_back(registry, found) == ("3", "2")
    else:
        settle(registry)
    assert registry.standing() == Standing(champion="2", challenger="3", previous="1")
    assert not [key for key in registry.version("2").tags if key.startswith("promotion.replaced_")]
    assert registry.version("3").tags["promotion.decision"] == "rolled back"


def test_a_version_before_that_was_deleted_is_not_gone_back_to(registry):
    promoted(registry, "2")
    registry.client.delete_model_version(registry.name, "1")
    with pytest.raises(TrackingError, match="no previous version"):
        roll_back(registry, registry.standing())
    settle(registry)
    assert registry.standing() == Standing(champion="2", challenger="2", previous=None)


def test_a_rollback_needs_a_champion(registry):
    registry.point(CHAMPION, None)
    with pytest.raises(TrackingError, match="has no champion"):
        roll_back(registry, registry.standing())


def test_a_model_that_nobody_has_registered_is_named(registry):
    with pytest.raises(TrackingError, match=r"nothing is registered as 'other'.*mlflow\.db"):
        Registry(registry.store, "other").standing()
