import pytest

from flows.errors import FlowError, PassingError
from flows.recovery.watch import STARTED_BY_WORKER
from flows.stages import again
from flows.stages.again import patiently


class Service:
    """Answers after so many calls."""

    def __init__(self, outages: int, error: Exception) -> None:
        self.outages, self.error, self.calls = outages, error, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.outages:
            raise self.error
        return "answer"


@pytest.fixture
def by_worker(monkeypatch):
    monkeypatch.setenv(STARTED_BY_WORKER, "id")
    monkeypatch.setattr(again, "DELAYS", lambda retries: [0.01] * retries)


def test_an_outage_is_waited_for_and_told(by_worker):
    told = []
    assert patiently(Service(2, PassingError("no answer.")), told.append) == "answer"
    assert told == ["no answer. Tried again in 0 s."] * 2


def test_an_outage_that_stays_ends_it_after_four_retries(by_worker):
    service = Service(99, PassingError("no answer."))
    with pytest.raises(PassingError):
        patiently(service, lambda _: None)
    assert service.calls == 5


def test_what_does_not_pass_is_not_tried_again(by_worker):
    service = Service(1, FlowError("no such remote."))
    with pytest.raises(FlowError):
        patiently(service, lambda _: None)
    assert service.calls == 1


def test_a_person_hears_of_an_outage_at_once(monkeypatch):
    monkeypatch.delenv(STARTED_BY_WORKER, raising=False)
    service = Service(1, PassingError("no answer."))
    with pytest.raises(PassingError):
        patiently(service, lambda _: None)
    assert service.calls == 1
